"""The Account Service's tables (PostgreSQL, server `account`). Constraints make the mistakes impossible."""

from django.db import models

from distviz.services.tables import SANE, ClosedRow, InboxRow


class Account(models.Model):
    """An account in one protocol's books. `opening` plus its ledger is `balance`."""

    protocol = models.CharField(max_length=20)
    name = models.CharField(max_length=40)
    opening = models.DecimalField(max_digits=12, decimal_places=2)
    balance = models.DecimalField(max_digits=12, decimal_places=2)
    updated_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "accounts"
        ordering = ["protocol", "id"]
        constraints = [
            models.UniqueConstraint("protocol", "name", name="accounts_name"),
            models.CheckConstraint(condition=models.Q(balance__gte=0, balance__lte=SANE), name="accounts_balance_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.protocol}/{self.name}"


class LedgerEntry(models.Model):
    """What moved a balance. One entry of a kind for one withdrawal, whatever is delivered how often."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="ledger")
    withdrawal_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=[("deduct", "deduct"), ("refund", "refund")])
    delta = models.DecimalField(max_digits=12, decimal_places=2)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "ledger"
        ordering = ["-id"]
        verbose_name_plural = "ledger"
        constraints = [
            models.UniqueConstraint("withdrawal_id", "kind", name="ledger_one_effect"),
            models.CheckConstraint(
                condition=models.Q(kind="deduct", delta__lt=0) | models.Q(kind="refund", delta__gt=0, delta__lte=SANE),
                name="ledger_sign",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.delta}"


class Inbox(InboxRow):
    class Meta(InboxRow.Meta):
        db_table = "inbox"
        constraints = [models.UniqueConstraint("consumer", "message_id", name="account_inbox_once")]


class Closed(ClosedRow):
    class Meta(ClosedRow.Meta):
        pass
