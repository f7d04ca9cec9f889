"""The monolith's own database: accounts and transactions side by side."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from distviz.services.tables import SANE, ClosedRow
from distviz.trace import unguarded


class Account(models.Model):
    name = models.CharField(max_length=40, unique=True)
    opening = models.DecimalField(max_digits=12, decimal_places=2)
    balance = models.DecimalField(max_digits=12, decimal_places=2)
    updated_at = models.DateTimeField(auto_now_add=True)
    unchecked = models.BooleanField(db_default=False, help_text=_("overdrawn without the CHECK constraint"))

    class Meta:
        db_table = "accounts"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=(models.Q(balance__gte=0) | models.Q(unchecked=True)) & models.Q(balance__lte=SANE),
                name="monolith_balance_sane",
            ),
            models.CheckConstraint(
                condition=models.Q(unchecked=False) | models.Q(name__startswith=unguarded.OWN),
                name="monolith_all_checked",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Transaction(models.Model):
    """One withdrawal, once: the unique `withdrawal_id` is what makes a repetition harmless."""

    user = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="transactions")
    withdrawal_id = models.UUIDField(unique=True)
    type = models.CharField(max_length=20)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "transactions"
        ordering = ["-id"]
        indexes = [models.Index("user", "at", name="transactions_of_user")]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0, amount__lte=SANE), name="transactions_amount_sane")
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.amount}"


class Closed(ClosedRow):
    class Meta(ClosedRow.Meta):
        pass
