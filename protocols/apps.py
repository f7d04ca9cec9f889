from importlib import import_module

from django.apps import AppConfig


class ProtocolsConfig(AppConfig):
    name = "protocols"
    verbose_name = "Protocols"

    def ready(self) -> None:
        """Every process knows every handler: the web server sends, each worker may be asked for any task."""
        import_module("distviz.celery")
        import_module("protocols.registry")
