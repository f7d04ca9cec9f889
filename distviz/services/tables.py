"""Columns that several services have, each in its own database."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

SANE = Decimal("9999999999.99")  # PostgreSQL holds NaN to be greater than every number: a limit refuses it


class ClosedRow(models.Model):
    """A withdrawal of which nothing is committed here any more: see closing.py."""

    withdrawal_id = models.UUIDField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        db_table = "closed_withdrawals"

    def __str__(self) -> str:
        return str(self.withdrawal_id)


class InboxRow(models.Model):
    """A message that a consumer has dealt with, written in the same transaction as its effect."""

    consumer = models.CharField(max_length=40)
    message_id = models.UUIDField()
    withdrawal_id = models.UUIDField(db_index=True)
    received_at = models.DateTimeField(auto_now_add=True)
    duplicates = models.IntegerField(default=0, help_text=_("copies that came later and were ignored"))

    class Meta:
        abstract = True
        db_table = "inbox"
        verbose_name_plural = "inbox"

    def __str__(self) -> str:
        return f"{self.consumer} {self.message_id}"
