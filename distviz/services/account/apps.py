from django.apps import AppConfig


class AccountConfig(AppConfig):
    name = "distviz.services.account"
    label = "account"
    verbose_name = "Account service"
    database = "account"
