"""What was measured, with what was asked and the conditions: a figure without them says nothing."""

import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.story.words.sentences import english

RUNNING, DONE, FAILED = "running", "done", "failed"


class Result(models.Model):
    """One bench. At most one is running: the database sees to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10, default=RUNNING)
    asked = models.JSONField()
    conditions = models.JSONField(default=dict)
    rows = models.JSONField(default=list, help_text=_("one for each protocol that is through"))
    beside = models.JSONField(default=list, help_text=_("what was measured in turn with them"))
    ratios = models.JSONField(default=list, help_text=_("how many times the one is the other"))
    history = models.JSONField(default=dict, help_text=_("the same with many runs behind it"))
    doing = models.CharField(max_length=200, blank=True, default="")
    error = models.CharField(max_length=500, blank=True, default="", help_text=_("in English"))
    why = models.JSONField(null=True, default=None, help_text=_("the same as a code"))
    started_at = models.DateTimeField(auto_now_add=True)
    beat_at = models.DateTimeField(auto_now=True, help_text=_("said so last; silent for long means dead"))
    finished_at = models.DateTimeField(null=True, default=None)

    class Meta:
        db_table = "bench_results"
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint("state", condition=models.Q(state=RUNNING), name="bench_one_at_a_time"),
        ]
        indexes = [models.Index("started_at", "id", name="bench_newest")]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.state}"

    @property
    def reason(self) -> Reason | None:
        """Why it failed; None if it did not."""
        return Reason.read(self.why or self.error)


def failed(why: Reason) -> dict[str, Any]:
    """The columns of a bench that failed."""
    return {"state": FAILED, "error": english(why)[:500], "why": why.as_json()}
