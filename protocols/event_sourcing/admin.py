"""The event store and its read models in the admin, to be read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from distviz.runs.admin.base import History
from distviz.runs.admin.names import by
from protocols.event_sourcing.aggregate import KINDS
from protocols.event_sourcing.desk import overview
from protocols.event_sourcing.models import BalanceView, Checkpoint, HistoryView, OpenWithdrawal, Snapshot, StoredEvent

by_type = by("type", lambda: sorted(KINDS), _("event"))


@admin.register(StoredEvent)
class StoredEventAdmin(History):
    names = (_("stored event"), _("stored events"))
    list_display = ("position", "run_link", "aggregate", "version", "type", "data", "at", "page")
    list_filter = (by_type, "at")
    search_fields = ("=withdrawal_id", "=aggregate")
    run_field = "withdrawal_id"


@admin.register(HistoryView)
class HistoryViewAdmin(History):
    names = (_("entry of the transaction history view"), _("transaction history view"))
    list_display = ("position", "run_link", "account", "type", "delta", "balance", "at", "page")
    list_filter = (by_type, "at")
    search_fields = ("=withdrawal_id", "=account")
    run_field = "withdrawal_id"


@admin.register(BalanceView)
class BalanceViewAdmin(History):
    names = (_("entry of the account balance view"), _("account balance view"))
    list_display = ("account", "balance", "version", "position", "at", "stopped_by")
    search_fields = ("=account",)
    exclude = ("error",)
    readonly_fields = ("stopped_by",)

    @admin.display(description=_("error"))
    def stopped_by(self, view: BalanceView) -> str:
        """Which event could not be projected."""
        return overview.parked().get(view.account, "-") if view.error else "-"


@admin.register(OpenWithdrawal)
class OpenWithdrawalAdmin(History):
    names = (_("open withdrawal"), _("open withdrawals"))
    list_display = ("run_link", "account", "touched_at", "page")
    search_fields = ("=withdrawal_id", "=account")
    run_field = "withdrawal_id"


@admin.register(Snapshot)
class SnapshotAdmin(History):
    names = (_("snapshot"), _("snapshots"))
    list_display = ("aggregate", "version", "state", "at")
    search_fields = ("=aggregate",)


@admin.register(Checkpoint)
class CheckpointAdmin(History):
    names = (_("checkpoint"), _("checkpoints"))
    list_display = ("name", "position", "stopped", "at")
