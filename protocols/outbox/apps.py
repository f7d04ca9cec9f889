from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "protocols.outbox"
    database = "account"
