"""The coordinator's log, on the lab's server, and each participant's marker, in its own database.

A marker is written inside the prepared transaction: it becomes visible with the COMMIT and proves it ever after.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Decision(models.Model):
    """The commit point of one transaction. Its primary key lets the first writer win; it is never changed.

    COMMIT is always on disk before any participant is told. A transaction without a decision is aborted once it is
    found abandoned ("presumed abort"), and that ABORT is written as well, so that no other decision can be made later.
    """

    tx_id = models.UUIDField(primary_key=True)
    decision = models.CharField(max_length=6, choices=[(d, d) for d in ("COMMIT", "ABORT")])
    ends_as = models.CharField(max_length=20, choices=[(s, s) for s in ("succeeded", "declined", "failed")])
    reason = models.CharField(max_length=300, blank=True, default="", db_default="", help_text=_("in English"))
    why = models.JSONField(null=True, default=None, help_text=_("the same as a code"))
    decided_by = models.CharField(max_length=80)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, default=None, help_text=_("when every participant had acknowledged"))

    class Meta:
        db_table = "two_phase_decisions"
        ordering = ["-at"]
        indexes = [
            models.Index("at", condition=models.Q(ended_at=None), name="two_phase_decisions_open"),
            models.Index("at", name="two_phase_decisions_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.tx_id} {self.decision}"


class Participation(models.Model):
    """One participant in one transaction: asked, voted, done."""

    tx_id = models.UUIDField()
    name = models.CharField(max_length=20)
    place = models.IntegerField(help_text=_("the order in which they are told"))
    vote = models.CharField(max_length=8, blank=True, default="", db_default="")
    reason = models.CharField(max_length=300, blank=True, default="", db_default="", help_text=_("in English"))
    why = models.JSONField(null=True, default=None, help_text=_("the same as a code"))
    begun_at = models.DateTimeField()
    voted_at = models.DateTimeField(null=True, default=None)
    done_at = models.DateTimeField(null=True, default=None, help_text=_("when it had committed or rolled back"))

    class Meta:
        db_table = "two_phase_participants"
        ordering = ["tx_id", "place"]
        constraints = [models.UniqueConstraint("tx_id", "name", name="two_phase_participants_once")]
        indexes = [
            models.Index("tx_id", condition=models.Q(done_at=None), name="two_phase_participants_open"),
            models.Index(models.F("begun_at").desc(), "tx_id", "place", name="two_phase_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.tx_id} {self.name} {self.vote}"


class Marker(models.Model):
    """What this transaction did in this database, readable once it is committed."""

    tx_id = models.UUIDField(primary_key=True)
    did = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        abstract = True
        db_table = "two_phase_marker"

    def __str__(self) -> str:
        return str(self.tx_id)


class AccountMarker(Marker):
    database = "account"

    class Meta(Marker.Meta):
        db_table = "two_phase_marker"


class PaymentMarker(Marker):
    database = "payment"

    class Meta(Marker.Meta):
        db_table = "two_phase_marker"
