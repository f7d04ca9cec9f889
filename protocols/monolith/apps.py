from django.apps import AppConfig


class MonolithConfig(AppConfig):
    name = "protocols.monolith"
    database = "monolith"
