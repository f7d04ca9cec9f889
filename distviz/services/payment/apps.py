from django.apps import AppConfig


class PaymentConfig(AppConfig):
    name = "distviz.services.payment"
    label = "payment"
    verbose_name = "Payment service"
    database = "payment"
