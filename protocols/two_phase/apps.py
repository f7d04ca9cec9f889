from django.apps import AppConfig


class TwoPhaseConfig(AppConfig):
    name = "protocols.two_phase"
    verbose_name = "Two-phase commit"
    database = "default"
