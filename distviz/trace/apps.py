from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TraceConfig(AppConfig):
    name = "distviz.trace"
    label = "trace"
    verbose_name = _("Run log")
    database = "default"

    def ready(self) -> None:
        """In every process before its first connection, in the workers before they fork."""
        from distviz.trace import role, tracing

        post_migrate.connect(role.make, sender=self)
        if tracing.exporting():
            from distviz.trace import database_spans

            database_spans.switch_on()
