from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardConfig(AppConfig):
    """The pages. Everything here only reads the run log and calls distviz.trace.runs."""

    name = "distviz.dashboard"
    label = "dashboard"
    verbose_name = _("distviz dashboard")

    def ready(self) -> None:
        from django.contrib import admin

        from distviz.dashboard.people.forms import AdminLoginForm
        from distviz.dashboard.people.views import paced

        admin.site.login_form = AdminLoginForm
        admin.site.login = paced(admin.site.login)  # type: ignore[method-assign, assignment]
