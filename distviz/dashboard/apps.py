from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """The pages. Everything here only reads the run log and calls distviz.trace.runs."""

    name = "distviz.dashboard"
    label = "dashboard"
    verbose_name = "distviz dashboard"
