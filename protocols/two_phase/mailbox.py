"""The Notification Service's part: MongoDB has no PREPARE, so its promise is of another kind.

"Prepared" is a document in a collection that nobody reads, and committing sends the email for real. Nothing is locked
and no server guarantees it: the promise holds because sending is repeated until it has worked.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.collection import Collection

from distviz.services.notification import operations as notification
from distviz.trace import context, faults
from distviz.trace.messages import Message
from distviz.trace.steps import ran, refusal

KIND = "withdrawn"


def pending() -> "Collection[dict[str, Any]]":
    return notification.collection().database["two_phase_pending"]


def prepare(request: Message) -> None:
    """Keep the email ready. Raises Declined for a business "no"."""
    opened = context.open_step()
    if opened:
        faults.fire([f"{point}.in_tx" for point in opened.points])
        opened.data["promise"] = "a document that nobody reads yet; nothing is locked"
    if no := refusal():
        raise no
    ran(f"db.two_phase_pending.updateOne({{_id: '{request.tx_id}'}}, {{$setOnInsert: {{at: …}}}}, {{upsert: true}})")
    document = {"account": request.user_id, "at": datetime.now(UTC)}
    pending().update_one({"_id": request.tx_id}, {"$setOnInsert": document}, upsert=True)


def commit(order: Message) -> None:
    """Send the email, once, however often this is called; then nothing is pending any more."""
    if no := notification.send(order, KIND):
        raise no
    _forget(order.tx_id)


def rollback(order: Message) -> None:
    """Throw the email away, if there is one."""
    _forget(order.tx_id)


def in_doubt(min_age: float) -> list[str]:
    """The transactions whose email is ready and not sent."""
    before = datetime.now(UTC) - timedelta(seconds=min_age)
    return [str(document["_id"]) for document in pending().find({"at": {"$lte": before}}, {"_id": 1}).limit(500)]


def _forget(tx_id: str) -> None:
    ran(f"db.two_phase_pending.deleteOne({{_id: '{tx_id}'}})")
    pending().delete_one({"_id": tx_id})
