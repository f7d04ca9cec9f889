"""The saga log, in the Account Service's own database, written in the same local transaction as the money."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SagaLog(models.Model):
    """One saga. `pending` until it is completed or compensated; `closed_at` once nothing is left to send."""

    tx_id = models.UUIDField(primary_key=True)
    user_id = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    status = models.CharField(
        max_length=12, choices=[(s, s) for s in ("pending", "completed", "compensated", "declined")]
    )
    reason = models.CharField(max_length=300, blank=True, default="", help_text=_("in English"))
    why = models.JSONField(null=True, default=None, help_text=_("the same as a code"))
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, default=None)

    class Meta:
        db_table = "saga_log"
        ordering = ["-created_at"]
        verbose_name_plural = "saga log"
        indexes = [
            models.Index("updated_at", condition=models.Q(closed_at=None), name="saga_log_open"),
            models.Index("user_id", "created_at", name="saga_log_by_user"),
            models.Index("created_at", name="saga_log_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.tx_id} {self.status}"
