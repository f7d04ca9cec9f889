"""The outboxes as they are now, for pages, the API and the command line."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Min
from django.utils import timezone

from protocols.outbox.models import STATES, Outbox, PaymentOutbox

TABLES = (Outbox, PaymentOutbox)
UNSENT = ("pending", "publishing")
COLUMNS = (
    "id",
    "event_type",
    "account",
    "withdrawal_id",
    "message_id",
    "status",
    "attempts",
    "last_error",
    "created_at",
    "due_at",
    "claimed_at",
    "sent_at",
    "acknowledged_at",
)


def outbox_rows(state: str | None = None, *, account: str = "", limit: int = 100) -> list[dict[str, Any]]:
    """The newest rows of both services' outboxes, in one state or in any; `store` says whose each is."""
    wanted = {key: value for key, value in (("status", state), ("account", account)) if value}
    rows: list[dict[str, Any]] = []
    for table in TABLES:
        found = table._default_manager.filter(**wanted).order_by("-id").values(*COLUMNS)[:limit]
        rows += [{"store": table.database, **row} for row in found]
    return sorted(rows, key=lambda row: row["created_at"], reverse=True)[:limit]


def counts() -> dict[str, int]:
    """How many rows are in each state, the empty states too."""
    total = dict.fromkeys(STATES, 0)
    for table in TABLES:
        for status, number in table._default_manager.order_by().values_list("status").annotate(Count("id")):
            total[status] += number
    return total


def oldest_age(states: tuple[str, ...] = UNSENT) -> float | None:
    """Seconds since the oldest row in one of these states was written."""
    found = [table._default_manager.filter(status__in=states).aggregate(at=Min("created_at"))["at"] for table in TABLES]
    since: datetime | None = min((at for at in found if at), default=None)
    return None if since is None else round((timezone.now() - since).total_seconds(), 1)
