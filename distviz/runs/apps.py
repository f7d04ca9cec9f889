from django.apps import AppConfig


class RunsConfig(AppConfig):
    """What people do with runs, and the admin of the run log."""

    name = "distviz.runs"
    label = "runs"
    verbose_name = "Runs"
