"""An imported run: one row with the whole file. Nothing refers to it, so that no query of real runs can meet it."""

import uuid

from django.db import models


class Imported(models.Model):
    """A file that was read, checked and drawn once. Told apart from others by its content, not by its name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64, unique=True)
    file_name = models.CharField(max_length=120, blank=True, default="")
    protocol = models.CharField(max_length=20)
    account = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    status = models.CharField(max_length=20)
    verdict = models.CharField(max_length=30)
    events = models.IntegerField()
    content = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "imported_runs"
        ordering = ["-at", "-id"]
        verbose_name_plural = "imported runs"

    def __str__(self) -> str:
        return f"{self.protocol} {self.account} {self.amount} {self.status}"
