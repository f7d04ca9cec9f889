from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationConfig(AppConfig):
    name = "distviz.services.notification"
    label = "notification"
    verbose_name = _("Notification service")
    database = "default"
