from django.apps import AppConfig


class NotificationConfig(AppConfig):
    name = "distviz.services.notification"
    label = "notification"
    verbose_name = "Notification service"
    database = "default"
