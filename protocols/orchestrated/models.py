"""The coordinator's saga log, on the lab's server."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Saga(models.Model):
    """One withdrawal. `turned_at` once it goes backwards; `ended_at` once nothing is left to do."""

    tx_id = models.UUIDField(primary_key=True)
    user_id = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    steps_done = ArrayField(
        models.CharField(max_length=20), default=list, db_default=[], help_text=_("steps that are done, in order")
    )
    steps_undone = ArrayField(
        models.CharField(max_length=20), default=list, db_default=[], help_text=_("steps that are undone, in order")
    )
    given_back = models.BooleanField(
        default=False, db_default=False, help_text=_("whether there was anything to refund")
    )
    reason = models.CharField(max_length=300, blank=True, default="", db_default="", help_text=_("in English"))
    why = models.JSONField(null=True, default=None, help_text=_("the same as a code"))
    begun_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    turned_at = models.DateTimeField(null=True, default=None)
    ended_at = models.DateTimeField(null=True, default=None)

    class Meta:
        db_table = "orchestrated_sagas"
        ordering = ["-begun_at"]
        indexes = [
            models.Index("updated_at", condition=models.Q(ended_at=None), name="orchestrated_sagas_open"),
            models.Index("begun_at", name="orchestrated_sagas_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.tx_id} {'back' if self.turned_at else 'forward'}"
