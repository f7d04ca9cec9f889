"""The run log: what every view, replay, export and test is a pure function of."""

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.story.driving import driven_on
from distviz.trace import indexes, known, role, verdicts, watching
from distviz.trace.statuses import STATUSES, VERDICTS


class Run(models.Model):
    """One withdrawal under one protocol."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    protocol = models.CharField(max_length=20)
    account = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    note = models.CharField(max_length=200, blank=True, default="")
    mode = models.CharField(max_length=4, default="run", choices=[("run", "run"), ("step", "step")])
    status = models.CharField(max_length=20, default="pending", choices=[(s, s) for s in STATUSES])
    ending = models.CharField(max_length=20, blank=True, default="", help_text=_("decided; waits for open messages"))
    outcome = models.CharField(max_length=300, blank=True, default="", help_text=_("in English"))
    outcome_code = models.CharField(max_length=40, blank=True, default="", db_default="")
    outcome_params = models.JSONField(default=dict, blank=True, db_default=Value({}, models.JSONField()))
    verdict = models.CharField(max_length=30, default="consistent", choices=[(v, v) for v in VERDICTS])
    trace_id = models.CharField(max_length=32)
    span_id = models.CharField(max_length=16, default="", help_text=_("the root span, parent of what starts anew"))
    seq = models.IntegerField(default=0, help_text=_("number of the last event"))
    attempts = models.IntegerField(default=0, db_default=0, help_text=_("the highest attempt of anything in it"))
    faulty = models.BooleanField(default=False, db_default=False, help_text=_("a failure was switched on"))
    open = models.IntegerField(default=0, help_text=_("messages sent and not yet handled"))
    late = models.IntegerField(default=0, db_default=0, help_text=_("copies of messages that came after its end"))
    deliveries = models.JSONField(
        default=dict, help_text=_("per handler: [unsuccessful deliveries in a row, all deliveries]")
    )
    money = models.JSONField(default=dict, help_text=_("what moved, by row; merging it twice changes nothing"))
    holding = models.JSONField(null=True, default=None)
    wake_at = models.DateTimeField(null=True, default=None, help_text=_("nothing is overdue before this"))
    forked_from = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="forks")
    client = models.CharField(max_length=80, blank=True, default="", db_default="", help_text=_("whose share it takes"))
    network = models.CharField(
        max_length=50, blank=True, default="", db_default="", help_text=_("address of the client")
    )
    scope = models.CharField(max_length=80, blank=True, default="")
    key = models.CharField(max_length=255, blank=True, default="")
    body_hash = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now_add=True)
    touched = indexes.second_of("updated_at")
    finished_at = models.DateTimeField(null=True, default=None)

    class Meta:
        db_table = "runs"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint("scope", "key", condition=~models.Q(key=""), name="runs_one_per_idempotency_key"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="runs_amount_positive"),
        ]
        indexes = indexes.OF_RUNS

    def __str__(self) -> str:
        return f"{self.protocol} {self.account} {self.amount} {self.status}"

    def moved(self, what: str) -> Decimal:
        """Sum over the rows that this run wrote; `what` is "account" (what the account gained) or "paid"."""
        return sum((Decimal(row[what]) for row in self.money.values() if what in row), Decimal(0))

    @property
    def outcome_reason(self) -> Reason | None:
        """Why it ended as it did; None for a run that is not over, or older than the codes."""
        return Reason(self.outcome_code, self.outcome_params) if self.outcome_code else None

    @property
    def unexplained(self) -> Decimal:
        """Taken from the account and not (yet) paid; negative if more was paid than taken."""
        return -self.moved("account") - self.moved("paid")

    @property
    def verdict_now(self) -> str:
        """The verdict at this moment, from the rows that are known to be committed."""
        return self.verdict if self.finished_at else self.verdict_of(self.unexplained, over=False)

    def verdict_of(self, gap: Decimal, *, over: bool = True) -> str:
        """The same if this much was taken and not paid, for a run that is over, or not yet."""
        lossy = known.may_lose(self.protocol, self.account)
        return verdicts.of(self.status, gap, lossy=lossy, driven_on=lambda: not over and driven_on(self.events.all()))


class RunCount(models.Model):
    """How many runs ended how; a trigger counts each in one of a few shards, so that none waits for another."""

    protocol = models.CharField(max_length=20)
    status = models.CharField(max_length=20)
    verdict = models.CharField(max_length=30)
    shard = models.IntegerField()
    n = models.IntegerField()

    class Meta:
        db_table = "run_counts"
        ordering = ["protocol", "status"]
        constraints = [models.UniqueConstraint("protocol", "status", "verdict", "shard", name="run_counts_once")]

    def __str__(self) -> str:
        return f"{self.protocol} {self.status}: {self.n}"


class Event(models.Model):
    """One event of one run. Appended, never changed; `seq` has no gaps and is the order of commits."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="events", db_index=False, db_constraint=False)
    seq = models.IntegerField()
    at = models.DateTimeField()
    lane = models.CharField(max_length=20)
    to = models.CharField(max_length=20, blank=True, default="")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    phase = models.CharField(max_length=20)
    attempt = models.IntegerField(default=1)
    caused_by = models.IntegerField(null=True)
    span_id = models.CharField(max_length=16, blank=True, default="")
    changes = models.JSONField(default=list)
    statements = models.JSONField(default=list)
    error = models.TextField(blank=True, default="")
    data = models.JSONField(default=dict)
    lines = models.JSONField(
        default=list, db_default=Value([], models.JSONField()), help_text=_("what the process said, see lines.py")
    )

    class Meta:
        db_table = "run_events"
        ordering = ["run_id", "seq"]
        constraints = [models.UniqueConstraint("run", "seq", name="run_events_seq")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}/{self.phase} {self.name}"


class Fault(models.Model):
    """A failure switched on for one run; it fires `times` times, each by compare-and-set. Or a watch: watching.py."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="faults")
    at = models.CharField(max_length=80)
    do = models.CharField(max_length=20)
    times = models.IntegerField(default=1)
    ms = models.IntegerField(default=1000)
    fired = models.IntegerField(default=0)
    met = models.JSONField(default=list, db_default=Value([], models.JSONField()), help_text=_("points, in order"))

    every = models.Manager()
    objects = watching.Failures()

    class Meta:
        db_table = "run_faults"
        default_manager_name = "objects"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.do} at {self.at}"


class Parked(models.Model):
    """A message that waits in the database until it is delivered; no worker is blocked by it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="parked")
    name = models.CharField(max_length=80)
    lane = models.CharField(max_length=20)
    to = models.CharField(max_length=20)
    why = models.CharField(max_length=10)
    state = models.CharField(max_length=10, default="parked")
    wire = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(null=True, default=None)

    class Meta:
        db_table = "parked_messages"
        ordering = ["at"]
        indexes = indexes.OF_PARKED
        verbose_name_plural = "parked messages"

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"


class DeadLetter(models.Model):
    """A message that could not be handled: kept with its error until an operator decides."""

    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="dead_letters")
    service = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    payload = models.JSONField()
    digest = models.CharField(max_length=64)
    error = models.TextField(help_text=_("in English"))
    why = models.JSONField(null=True, default=None, help_text=_("the same as a code"))
    attempts = models.IntegerField(default=1)
    at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, default="dead")

    class Meta:
        db_table = "dead_letters"
        ordering = ["-at"]
        indexes = indexes.OF_LETTERS

    def __str__(self) -> str:
        return f"{self.name} at {self.service}"

    @property
    def reason(self) -> Reason:
        """Why it could not be handled."""
        return Reason.read(self.why or self.error) or Reason("no_reason")


class OperatorAction(models.Model):
    """An operator's action: written before it is done, its outcome once after. No foreign key: it outlives the run."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.CharField(max_length=150)
    what = models.CharField(max_length=40)
    run_id = models.UUIDField(null=True, default=None, verbose_name="run")
    target = models.CharField(max_length=200, blank=True, default="", help_text=_("in English"))
    reason = models.CharField(max_length=500, blank=True, default="")
    outcome = models.CharField(max_length=500, help_text=_("in English"))
    codes = models.JSONField(null=True, default=None, help_text=_("target and outcome as codes"))

    class Meta:
        db_table = "operator_actions"
        ordering = ["-id"]
        permissions = [(role.CODENAME, "Can inject failures, act as the network, and release, retry, resolve")]
        indexes = [
            models.Index("run_id", "id", condition=models.Q(run_id__isnull=False), name="operator_actions_of_run"),
            models.Index("what", "id", name="operator_actions_by_what"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.what}"

    @property
    def target_reason(self) -> Reason | None:
        """What it was done to, to be told in any language."""
        return Reason.read((self.codes or {}).get("target") or self.target)

    @property
    def outcome_reason(self) -> Reason | None:
        return Reason.read((self.codes or {}).get("outcome") or self.outcome)
