"""The coordinator's record, on the lab's server, and what each branch has reserved, in its own database."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Transaction(models.Model):
    """One withdrawal. `decision` is empty until it is decided, and is never changed then; `ended_at` once nothing is
    left to do."""

    tx_id = models.UUIDField(primary_key=True)
    user_id = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    tried = ArrayField(
        models.CharField(max_length=20),
        default=list,
        db_default=[],
        help_text=_("branches that have reserved what it needs"),
    )
    decision = models.CharField(
        max_length=8, blank=True, default="", db_default="", choices=[(d, d) for d in ("CONFIRM", "CANCEL")]
    )
    ends_as = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        choices=[(s, s) for s in ("succeeded", "declined", "failed")],
    )
    reason = models.CharField(max_length=300, blank=True, default="", db_default="", help_text=_("in English"))
    why = models.JSONField(null=True, default=None, help_text=_("the same as a code"))
    decided_by = models.CharField(max_length=20, blank=True, default="", db_default="")
    done = ArrayField(
        models.CharField(max_length=20),
        default=list,
        db_default=[],
        help_text=_("branches that have done what was decided"),
    )
    asked = models.IntegerField(default=0, db_default=0, help_text=_("how often it was driven on"))
    begun_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, default=None)
    ended_at = models.DateTimeField(null=True, default=None)

    class Meta:
        db_table = "tcc_transactions"
        ordering = ["-begun_at"]
        indexes = [
            models.Index("updated_at", condition=models.Q(ended_at=None), name="tcc_transactions_open"),
            models.Index("begun_at", name="tcc_transactions_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.tx_id} {self.decision}"


class Reservation(models.Model):
    """What a branch has reserved for one withdrawal; `cancelled` is also the tombstone of one that it has not."""

    tx_id = models.UUIDField(primary_key=True)
    user_id = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    status = models.CharField(max_length=10, choices=[(s, s) for s in ("tried", "confirmed", "cancelled", "refused")])
    reason = models.CharField(max_length=300, blank=True, default="", db_default="", help_text=_("in English"))
    why = models.JSONField(null=True, default=None, help_text=_("the same as a code"))
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.tx_id} {self.status}"


class Frozen(Reservation):
    """Frozen funds: a withdrawal may not take what another one has frozen."""

    database = "account"

    class Meta:
        db_table = "tcc_reservations"
        ordering = ["-created_at"]
        constraints = [models.CheckConstraint(condition=models.Q(amount__gt=0), name="tcc_frozen_positive")]
        indexes = [
            models.Index("user_id", condition=models.Q(status="tried"), name="tcc_frozen_now"),
            models.Index("created_at", name="tcc_frozen_newest"),
        ]


class Authorised(Reservation):
    """A payment that is authorised and not made yet."""

    database = "payment"

    class Meta:
        db_table = "tcc_reservations"
        ordering = ["-created_at"]
        constraints = [models.CheckConstraint(condition=models.Q(amount__gt=0), name="tcc_authorised_positive")]
        indexes = [models.Index("created_at", name="tcc_authorised_newest")]
