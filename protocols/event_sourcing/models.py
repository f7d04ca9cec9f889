"""The event store and what is derived from it, all in the database `events`. Only the first table is the truth."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from distviz.services.tables import SANE
from distviz.trace import unguarded

# The time of the row, not of its transaction: an event gets it after the append lock, so it grows with `position`.
CLOCK = models.Func(function="clock_timestamp", output_field=models.DateTimeField())


class StoredEvent(models.Model):
    """One fact. Triggers refuse UPDATE, DELETE and TRUNCATE to every role, and keep `position` in commit order."""

    position = models.BigAutoField(primary_key=True)
    aggregate = models.CharField(max_length=60)
    version = models.IntegerField()
    type = models.CharField(max_length=40)
    withdrawal_id = models.UUIDField(null=True, default=None)
    data = models.JSONField()
    at = models.DateTimeField(db_default=CLOCK)
    copy = models.SmallIntegerField(
        default=0, db_default=0, help_text=_("of the same fact, in a run without its guard")
    )

    class Meta:
        db_table = "events"
        ordering = ["-position"]
        verbose_name_plural = "events"
        constraints = [
            models.UniqueConstraint(fields=["aggregate", "version"], name="events_version"),
            models.UniqueConstraint(fields=["withdrawal_id", "type", "copy"], name="events_once"),
            models.CheckConstraint(
                condition=models.Q(copy=0) | models.Q(aggregate__startswith=f"account:{unguarded.OWN}"),
                name="events_once_means_once",
            ),
            models.CheckConstraint(condition=models.Q(version__gt=0), name="events_version_positive"),
        ]
        indexes = [models.Index("position", condition=models.Q(version=1), name="events_streams")]

    def __str__(self) -> str:
        return f"{self.aggregate}/{self.version} {self.type}"


class Snapshot(models.Model):
    """A fold that need not be done again. Deleting all of them changes nothing but the speed. One that is not sealed
    with the event that it was made from is not read (the view `sound_snapshots`)."""

    aggregate = models.CharField(max_length=60)
    version = models.IntegerField()
    state = models.JSONField()
    format = models.SmallIntegerField(default=0, db_default=0)
    seal = models.CharField(max_length=32, blank=True, default="", db_default="")
    at = models.DateTimeField(db_default=CLOCK)

    class Meta:
        db_table = "snapshots"
        ordering = ["aggregate", "-version"]
        constraints = [models.UniqueConstraint(fields=["aggregate", "version"], name="snapshots_version")]

    def __str__(self) -> str:
        return f"{self.aggregate}/{self.version}"


class StreamBalance(models.Model):
    """What a trigger counts as events come in, so that the database can refuse a balance below zero by itself."""

    aggregate = models.CharField(max_length=60, primary_key=True)
    version = models.IntegerField()
    balance = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        db_table = "stream_balances"
        ordering = ["aggregate"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(balance__gte=0) | models.Q(aggregate__startswith=f"account:{unguarded.OWN}"),
                name="stream_balances_covered",
            )
        ]

    def __str__(self) -> str:
        return f"{self.aggregate}/{self.version} {self.balance}"


class OpenWithdrawal(models.Model):
    """The process manager's to-do list: the append that opens a withdrawal writes it, the last one removes it."""

    withdrawal_id = models.UUIDField(primary_key=True)
    account = models.CharField(max_length=40)
    touched_at = models.DateTimeField(db_default=CLOCK)

    class Meta:
        db_table = "open_withdrawals"
        ordering = ["touched_at"]
        indexes = [models.Index("touched_at", name="open_withdrawals_touched")]

    def __str__(self) -> str:
        return f"{self.account} {self.withdrawal_id}"


class BalanceView(models.Model):
    """Account Balance View: the balance after the first `version` events. `error` if the next one made no sense."""

    account = models.CharField(max_length=60, primary_key=True)
    balance = models.DecimalField(max_digits=12, decimal_places=2)
    version = models.IntegerField()
    position = models.BigIntegerField()
    at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "balance_view"
        ordering = ["account"]
        verbose_name_plural = "account balance view"
        constraints = [
            models.CheckConstraint(condition=models.Q(balance__lte=SANE), name="balance_view_sane"),
        ]
        indexes = [models.Index("account", condition=~models.Q(error=""), name="balance_view_parked")]

    def __str__(self) -> str:
        return f"{self.account} {self.balance}"


class HistoryView(models.Model):
    """Transaction History View: what moved the balance, and what it was then."""

    position = models.BigIntegerField(primary_key=True)
    account = models.CharField(max_length=60)
    type = models.CharField(max_length=40)
    delta = models.DecimalField(max_digits=12, decimal_places=2)
    balance = models.DecimalField(max_digits=12, decimal_places=2)
    withdrawal_id = models.UUIDField(null=True, default=None)
    at = models.DateTimeField()

    class Meta:
        db_table = "history_view"
        ordering = ["-position"]
        verbose_name_plural = "transaction history view"
        indexes = [
            models.Index("account", "position", name="history_view_by_account"),
            models.Index("withdrawal_id", name="history_view_by_withdrawal"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.delta}"


class Checkpoint(models.Model):
    """How far the read models have come: moved in the transaction that changes them. Its lock makes one projector."""

    name = models.CharField(max_length=40, primary_key=True)
    position = models.BigIntegerField(default=0)
    event_at = models.DateTimeField(null=True, help_text=_("when the event at `position` was appended"))
    stopped = models.BooleanField(default=False)
    at = models.DateTimeField(db_default=CLOCK)

    class Meta:
        db_table = "checkpoint"

    def __str__(self) -> str:
        return f"{self.name} {self.position}"
