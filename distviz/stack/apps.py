"""The Django app that brings `manage.py up` and `manage.py topology`."""

from django.apps import AppConfig


class StackConfig(AppConfig):
    name = "distviz.stack"
    label = "stack"
