"""What was found, with the seed that finds it again."""

import uuid

from django.db import models

from distviz.codes import Reason

HOLDS, VIOLATED, INTERRUPTED = "holds", "violated", "interrupted"


class Campaign(models.Model):
    """One run of chaos, written down at its end. It took place on a stack of its own, which is gone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    seed = models.BigIntegerField()
    asked = models.JSONField()
    verdict = models.CharField(max_length=12, choices=[(v, v) for v in (HOLDS, VIOLATED, INTERRUPTED)])
    figures = models.JSONField(default=dict)
    schedule = models.JSONField(default=list)
    violations = models.JSONField(default=list, help_text="as codes")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()

    class Meta:
        db_table = "chaos_campaigns"
        ordering = ["-started_at", "-id"]
        indexes = [models.Index("started_at", "id", name="chaos_newest")]

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.verdict}"

    @property
    def reasons(self) -> list[Reason]:
        """What is wrong; empty if everything holds."""
        return [found for found in map(Reason.read, self.violations) if found]
