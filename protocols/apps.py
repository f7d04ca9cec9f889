from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProtocolsConfig(AppConfig):
    """Stands before the protocols in INSTALLED_APPS."""

    name = "protocols"
    verbose_name = _("Protocols")

    def ready(self) -> None:
        """The Celery app is there before the first task is: every process sends, each worker may be asked for any."""
        import_module("protocols.checks")
        import_module("distviz.celery")
        import_module("distviz.trace.sweeps")
        import_module("protocols.abandoned")
