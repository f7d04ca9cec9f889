from django.apps import AppConfig


class SagaConfig(AppConfig):
    name = "protocols.saga"
    database = "account"
