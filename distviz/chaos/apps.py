from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from distviz.chaos.words import SENTENCES
from distviz.story.words import sentences


class ChaosConfig(AppConfig):
    name = "distviz.chaos"
    label = "chaos"
    verbose_name = _("Chaos")
    database = "default"

    def ready(self) -> None:
        sentences.register(SENTENCES)
