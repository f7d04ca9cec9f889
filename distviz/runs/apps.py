from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RunsConfig(AppConfig):
    """What people do with runs, and the admin of the run log."""

    name = "distviz.runs"
    label = "runs"
    verbose_name = _("Runs")
