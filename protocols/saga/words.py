"""What the saga's codes say."""

from django.utils.translation import gettext_lazy as _

from distviz.story.words import sentences

sentences.register(
    {
        "saga_completed": _("$%(amount)s was withdrawn and paid; every step is done."),
    }
)
