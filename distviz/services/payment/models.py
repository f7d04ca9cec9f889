"""The Payment Service's tables (PostgreSQL, server `payment`)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from distviz.services.tables import SANE, ClosedRow, InboxRow


class Payment(models.Model):
    """A payment asked for. A FAILED one is kept: it is also what stops a late second attempt.

    One payment per withdrawal, held by the database. Only the payments of a protocol that may lose money are exempt: it
    has no record of what it has done before, and the lesson is what comes of that.
    """

    withdrawal_id = models.UUIDField()
    protocol = models.CharField(max_length=20)
    account = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    status = models.CharField(max_length=10, choices=[(s, s) for s in ("PENDING", "COMPLETED", "FAILED")])
    reason = models.CharField(max_length=300, blank=True, default="", help_text=_("in English"))
    why = models.JSONField(null=True, default=None, help_text=_("the same as a code"))
    idempotent = models.BooleanField(default=True, db_default=True, help_text=_("one for each withdrawal"))
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "payments"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                "withdrawal_id", condition=models.Q(idempotent=True), name="payments_one_per_withdrawal"
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0, amount__lte=SANE), name="payments_amount_sane"),
        ]
        indexes = [
            models.Index("withdrawal_id", name="payments_by_withdrawal"),
            models.Index("protocol", "status", name="payments_by_protocol"),
            models.Index("protocol", "at", name="payments_newest"),
            models.Index("protocol", "account", "at", name="payments_of_account"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.amount}"


class Inbox(InboxRow):
    class Meta(InboxRow.Meta):
        db_table = "inbox"
        constraints = [models.UniqueConstraint("consumer", "message_id", name="payment_inbox_once")]
        indexes = [models.Index("consumer", "id", name="payment_inbox_newest")]  # behind those of all others


class Closed(ClosedRow):
    class Meta(ClosedRow.Meta):
        pass
