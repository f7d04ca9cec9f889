from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountConfig(AppConfig):
    name = "distviz.services.account"
    label = "account"
    verbose_name = _("Account service")
    database = "account"
