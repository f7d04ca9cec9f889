from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "distviz.imports"
    label = "imports"
    verbose_name = "Imported runs"
    database = "default"
