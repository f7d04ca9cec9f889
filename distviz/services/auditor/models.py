"""What the last complete audit of each protocol has left for the next ones, in the lab's database."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class KeptAudit(models.Model):
    """Only of books that hold. Deleting it changes nothing but that the next audit reads everything."""

    protocol = models.CharField(max_length=20, primary_key=True)
    complete_at = models.DateTimeField(help_text=_("when everything was read"))
    upto = models.DateTimeField(help_text=_("runs that ended then or before are sealed"))
    marks = models.JSONField(help_text=_("the newest rows at that time, by table"))
    sums = models.JSONField(help_text=_("what the sealed runs add up to"))
    invariants = models.JSONField(help_text=_("what held, in its order"))

    class Meta:
        db_table = "kept_audits"
        ordering = ["protocol"]

    def __str__(self) -> str:
        return f"{self.protocol} up to {self.upto}"
