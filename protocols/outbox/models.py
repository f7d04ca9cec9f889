"""The outbox tables: one in the database of each service that publishes, for a row there and its business row can only
share a transaction if they share a database."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

STATES = ("pending", "publishing", "sent", "acknowledged", "dead")


class OutboxRow(models.Model):
    """A message that has to be published. Every column that a relay fills in has its default in the database."""

    event_type = models.CharField(max_length=40)
    payload = models.JSONField()
    account = models.CharField(max_length=40, help_text=_("messages of one account are published in order"))
    withdrawal_id = models.UUIDField(db_index=True)
    message_id = models.UUIDField(unique=True)
    headers = models.JSONField(db_default={}, help_text=_("what travels beside the message: its trace, its failures"))
    created_at = models.DateTimeField(db_default=Now())
    published = models.BooleanField(db_default=False)
    status = models.CharField(max_length=12, choices=[(s, s) for s in STATES], db_default="pending")
    attempts = models.IntegerField(db_default=0)
    last_error = models.TextField(blank=True, db_default="")
    due_at = models.DateTimeField(db_default=Now(), help_text=_("not tried again before this"))
    claimed_at = models.DateTimeField(null=True, help_text=_("when a relay last took it"))
    sent_at = models.DateTimeField(null=True, help_text=_("when it was first marked as sent"))
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        db_table = "outbox"
        ordering = ["-id"]
        verbose_name_plural = "outbox"
        constraints = [models.CheckConstraint(condition=models.Q(status__in=STATES), name="%(class)s_status")]
        indexes = [
            models.Index(
                "account", "id", condition=models.Q(status__in=("pending", "publishing")), name="%(class)s_unsent"
            ),
            models.Index(
                "claimed_at", condition=models.Q(status__in=("publishing", "sent")), name="%(class)s_unanswered"
            ),
            models.Index("status", "id", name="%(class)s_by_status"),
            models.Index("account", "status", "id", name="%(class)s_by_account"),
            models.Index(
                "id",
                condition=models.Q(status="pending") & ~models.Q(headers__has_key="waits"),
                name="%(class)s_to_tell",
            ),
            models.Index(
                "id",
                condition=models.Q(status="pending") & models.Q(headers__has_key="unordered"),
                name="%(class)s_unordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.event_type} {self.status}"


class Outbox(OutboxRow):
    database = "account"


class PaymentOutbox(OutboxRow):
    database = "payment"


class RelayRow(models.Model):
    """The relay of one outbox: whether it may publish, and when it made its last pass. Without a row it may."""

    name = models.CharField(max_length=20, primary_key=True)
    stopped = models.BooleanField(db_default=False)
    changed_at = models.DateTimeField(null=True, help_text=_("when it was last stopped or started"))
    passed_at = models.DateTimeField(null=True, help_text=_("when it last looked by itself"))
    pid = models.IntegerField(null=True, help_text=_("of the process that looked"))
    by_hand_at = models.DateTimeField(null=True, help_text=_("when a person last let it pass"))
    by_hand = models.JSONField(db_default={}, help_text=_("what that pass did: published, again, failed"))

    class Meta:
        abstract = True
        db_table = "relay"
        verbose_name_plural = "relay"

    def __str__(self) -> str:
        return f"{self.name} {'stopped' if self.stopped else 'at work'}"


class Relay(RelayRow):
    database = "account"


class PaymentRelay(RelayRow):
    database = "payment"


class CountRow(models.Model):
    """How many rows of an outbox are acknowledged: those stay for ever, so nobody counts them anew. Triggers count
    each as it is acknowledged, in one of a few shards, so that none waits for another."""

    shard = models.IntegerField(primary_key=True)
    n = models.BigIntegerField()

    class Meta:
        abstract = True
        db_table = "outbox_counts"
        verbose_name_plural = "outbox counts"

    def __str__(self) -> str:
        return str(self.n)


class OutboxCount(CountRow):
    database = "account"


class PaymentOutboxCount(CountRow):
    database = "payment"
