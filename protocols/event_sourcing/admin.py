"""The event store and its read models in the admin, to be read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from distviz.runs.admin.base import History, by
from protocols.event_sourcing.aggregate import KINDS
from protocols.event_sourcing.models import BalanceView, Checkpoint, HistoryView, OpenWithdrawal, Snapshot, StoredEvent

by_type = by("type", lambda: sorted(KINDS), _("event"))


@admin.register(StoredEvent)
class StoredEventAdmin(History):
    list_display = ("position", "run_link", "aggregate", "version", "type", "data", "at", "page")
    list_filter = (by_type, "at")
    search_fields = ("=withdrawal_id", "=aggregate")
    run_field = "withdrawal_id"


@admin.register(HistoryView)
class HistoryViewAdmin(History):
    list_display = ("position", "run_link", "account", "type", "delta", "balance", "at", "page")
    list_filter = (by_type, "at")
    search_fields = ("=withdrawal_id", "=account")
    run_field = "withdrawal_id"


@admin.register(BalanceView)
class BalanceViewAdmin(History):
    list_display = ("account", "balance", "version", "position", "at", "error")
    search_fields = ("=account",)


@admin.register(OpenWithdrawal)
class OpenWithdrawalAdmin(History):
    list_display = ("run_link", "account", "touched_at", "page")
    search_fields = ("=withdrawal_id", "=account")
    run_field = "withdrawal_id"


@admin.register(Snapshot)
class SnapshotAdmin(History):
    list_display = ("aggregate", "version", "state", "at")
    search_fields = ("=aggregate",)


@admin.register(Checkpoint)
class CheckpointAdmin(History):
    list_display = ("name", "position", "stopped", "at")
