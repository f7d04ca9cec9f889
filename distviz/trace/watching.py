"""A run that is watched has a fault that breaks nothing: it notes which points the run meets. A guard that is out
(guards.py) is one as well."""

from typing import Any

from django.db import models

WATCH, ANYWHERE = "watch", "*"
WITHOUT = "without"


class Failures(models.Manager[Any]):
    """Without who only watches and without guards that are out: no failure is switched on there."""

    def get_queryset(self) -> "models.QuerySet[Any]":
        return super().get_queryset().exclude(do__in=(WATCH, WITHOUT))
