"""What was tried, and how each try ended."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.explore.ends import BAD, ENDS
from distviz.explore.failures import Failure
from distviz.story.words.sentences import english

SILENT = timedelta(seconds=90)
RUNNING, DONE, STOPPED, FAILED = "running", "done", "stopped", "failed"


class Exploration(models.Model):
    """One protocol, broken in every way that it was asked for. At most one is running: the database sees to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    protocol = models.CharField(max_length=20)
    asked = models.JSONField()
    of_run = models.UUIDField(null=True, default=None, help_text=_("the run whose point of no return is looked for"))
    state = models.CharField(max_length=10, default=RUNNING)
    met = models.JSONField(default=list, help_text=_("points that a run without a failure meets, in order"))
    planned = models.IntegerField(default=0, help_text=_("tries, as far as is known"))
    to_stop = models.BooleanField(default=False, help_text=_("somebody asked for an early end"))
    spent_s = models.FloatField(default=0, help_text=_("in all sittings"))
    doing = models.CharField(max_length=200, blank=True, default="")
    error = models.CharField(max_length=500, blank=True, default="", help_text=_("in English"))
    why = models.JSONField(null=True, default=None, help_text=_("the same as a code"))
    started_at = models.DateTimeField(auto_now_add=True)
    beat_at = models.DateTimeField(auto_now=True, help_text=_("said so last; silent for long means dead"))
    finished_at = models.DateTimeField(null=True, default=None)

    class Meta:
        db_table = "explorations"
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint("state", condition=models.Q(state=RUNNING), name="explorations_one_at_a_time"),
        ]
        indexes = [
            models.Index("started_at", "id", name="explorations_newest"),
            models.Index("protocol", "started_at", name="explorations_of_protocol"),
            models.Index("of_run", "started_at", name="explorations_of_run", condition=~models.Q(of_run=None)),
        ]

    def __str__(self) -> str:
        return f"{self.protocol} {self.started_at:%Y-%m-%d %H:%M} {self.state}"

    @property
    def state_now(self) -> str:
        """One that has said nothing for long has died, and can be gone on with."""
        silent = self.beat_at and self.beat_at < timezone.now() - SILENT
        return STOPPED if self.state == RUNNING and silent else self.state

    @property
    def attempts(self) -> int:
        """How often a message was tried before it was given up."""
        return int(self.asked.get("attempts", 0))

    @property
    def without(self) -> list[str]:
        """The guards that are out, by their keys."""
        return list((self.asked or {}).get("without", ()))

    @property
    def reason(self) -> Reason | None:
        """Why it failed; None if it did not."""
        return Reason.read(self.why or self.error)


def failed(why: Reason) -> dict[str, Any]:
    """The columns of an exploration that failed."""
    return {"state": FAILED, "error": english(why)[:500], "why": why.as_json()}


class Try(models.Model):
    """One real run with these failures. Its row is written when it is over; what is not there is tried again."""

    exploration = models.ForeignKey(Exploration, on_delete=models.CASCADE, related_name="tries", db_index=False)
    number = models.IntegerField(help_text=_("its place in the order"))
    kind = models.CharField(max_length=10)
    failures = models.JSONField(default=list, help_text=_("[point, action, times]"))
    order = models.JSONField(default=list, help_text=_("of deliveries, in step mode"))
    run_id = models.UUIDField()
    rival_id = models.UUIDField(null=True, default=None, help_text=_("the competing withdrawal, if there was one"))
    end = models.CharField(max_length=10, choices=[(end, end) for end in ENDS])
    money = models.CharField(max_length=10, blank=True, default="", help_text=_("where it is at a good end"))
    fired = models.BooleanField(default=True, help_text=_("all of its failures took place"))
    met = models.JSONField(default=list, help_text=_("points, in the order they were met"))
    wrong = models.JSONField(default=list, help_text=_("what the databases say against it, as codes"))
    took_ms = models.IntegerField()

    class Meta:
        db_table = "explore_tries"
        ordering = ["number"]
        verbose_name_plural = "tries"
        constraints = [models.UniqueConstraint("exploration", "number", name="explore_tries_number")]
        indexes = [
            models.Index("exploration", "end", name="explore_tries_bad", condition=models.Q(end__in=sorted(BAD))),
        ]

    def __str__(self) -> str:
        return f"{' '.join(map(str, self.what)) or self.kind}: {self.end}"

    @property
    def what(self) -> list[Failure]:
        return [Failure(*one) for one in self.failures]

    @property
    def reasons(self) -> list[Reason]:
        return [found for found in map(Reason.read, self.wrong) if found]

    def as_dict(self) -> Mapping[str, Any]:
        return {
            "number": self.number,
            "kind": self.kind,
            "failures": [one.as_dict() for one in self.what],
            "order": self.order,
            "run": str(self.run_id),
            "rival": str(self.rival_id) if self.rival_id else None,
            "end": self.end,
            "money": self.money,
            "fired": self.fired,
            "wrong": [english(reason) for reason in self.reasons],
            "took_ms": self.took_ms,
        }
