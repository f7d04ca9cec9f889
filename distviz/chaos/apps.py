from django.apps import AppConfig

from distviz.chaos.words import SENTENCES
from distviz.story.words import sentences


class ChaosConfig(AppConfig):
    name = "distviz.chaos"
    label = "chaos"
    verbose_name = "Chaos"
    database = "default"

    def ready(self) -> None:
        sentences.register(SENTENCES)
