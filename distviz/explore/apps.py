from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from distviz.explore.words import SENTENCES
from distviz.story.words import sentences


class ExploreConfig(AppConfig):
    name = "distviz.explore"
    label = "explore"
    verbose_name = _("Explore")
    database = "default"

    def ready(self) -> None:
        sentences.register(SENTENCES)
