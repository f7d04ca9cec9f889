from django.apps import AppConfig


class TraceConfig(AppConfig):
    name = "distviz.trace"
    label = "trace"
    verbose_name = "Run log"
    database = "default"
