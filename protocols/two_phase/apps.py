from django.apps import AppConfig


class TwoPhaseConfig(AppConfig):
    name = "protocols.two_phase"
    database = "default"
