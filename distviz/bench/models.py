"""What was measured, with what was asked and the conditions: a figure without them says nothing."""

import uuid

from django.db import models

RUNNING, DONE, FAILED = "running", "done", "failed"


class Result(models.Model):
    """One bench. At most one is running: the database sees to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10, default=RUNNING)
    asked = models.JSONField()
    conditions = models.JSONField(default=dict)
    rows = models.JSONField(default=list, help_text="one for each protocol that is through")
    doing = models.CharField(max_length=200, blank=True, default="")
    error = models.CharField(max_length=500, blank=True, default="")
    started_at = models.DateTimeField(auto_now_add=True)
    beat_at = models.DateTimeField(auto_now=True, help_text="said so last; silent for long means dead")
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
