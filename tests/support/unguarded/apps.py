import os
from importlib import import_module

from django.apps import AppConfig


class Unguarded(AppConfig):
    name = "tests.support.unguarded"
    label = "unguarded"

    def ready(self) -> None:
        """The guards are in modules that need the models."""
        if name := os.environ.get("WITHOUT", ""):
            import_module("tests.support.unguarded.guards").GUARDS[name].take_out()
