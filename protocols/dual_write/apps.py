from django.apps import AppConfig


class DualWriteConfig(AppConfig):
    name = "protocols.dual_write"
    database = "default"
