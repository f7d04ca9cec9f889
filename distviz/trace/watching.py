"""A run that is watched has a fault that breaks nothing: it notes which points the run meets."""

from typing import Any

from django.db import models

WATCH, ANYWHERE = "watch", "*"


class Failures(models.Manager[Any]):
    """Without who only watches: to everybody but who asked for it, nothing is switched on there."""

    def get_queryset(self) -> "models.QuerySet[Any]":
        return super().get_queryset().exclude(do=WATCH)
