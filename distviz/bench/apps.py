from django.apps import AppConfig


class BenchConfig(AppConfig):
    name = "distviz.bench"
    label = "bench"
    verbose_name = "Bench"
    database = "default"
