"""What the dual write's codes say."""

from django.utils.translation import gettext_lazy as _

from distviz.story.words import sentences

sentences.register(
    {
        "dual_write_lucky": _("The payment was made. This time nothing went wrong."),
        "dual_write_lost": _("$%(amount)s left the account and was never paid. Nothing will bring it back."),
        "dual_write_twice": _("$%(amount)s too much was paid: one message was processed as two payments."),
        "dual_write_untold": _(
            "The money was taken and paid, but the customer was never told and takes it for failed."
        ),
        "dual_write_nothing": _("The withdrawal failed before any money moved."),
    }
)
