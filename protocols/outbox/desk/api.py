"""/api/outbox: what waits to be published, for programs."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from distviz.services import places
from protocols import registry
from protocols.outbox.desk.pages import ALL_COUNTS, TABLES

ROWS = 100
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
router = Router(tags=["waiting"])


@router.get("/outbox", summary="What waits to be published, and what was")
def outbox(request: HttpRequest, protocol: str = "") -> dict[str, Any]:
    """Every state with its count, the age of the oldest message that is not sent yet, and the newest rows."""
    asked = {one.key for one in registry.named(protocol)}
    counts: dict[str, int] = {}
    oldest: list[Any] = []
    rows: list[dict[str, Any]] = []
    for table in TABLES:
        key = table._meta.app_label
        if key not in asked:
            continue
        for row in places.ask(table.database, ALL_COUNTS):
            counts[row["status"]] = counts.get(row["status"], 0) + row["n"]
            oldest += [row["since"]] if row["status"] in UNSENT else []
        found = table._default_manager.order_by("-id")
        rows += [{"protocol": key, "run": row.pop("withdrawal_id"), **row} for row in found.values(*COLUMNS)[:ROWS]]
    rows.sort(key=lambda row: row["created_at"], reverse=True)
    age = round((timezone.now() - min(oldest)).total_seconds(), 1) if oldest else None
    return {"counts": counts, "oldest_age": age, "rows": rows[:ROWS]}
