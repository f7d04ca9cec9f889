"""Emails that lie ready and are not sent yet.

MongoDB has no PREPARE, so this is a promise of another kind: a document in a collection that no reader queries.
Nothing is locked and no server guarantees it: it holds because sending is repeated until it has worked.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.collection import Collection

from distviz.services.notification import operations as notification
from distviz.services.prepared import UUID_OF
from distviz.trace.messages import Message
from distviz.trace.steps import ends, ran, refusal

_UUID = re.compile(UUID_OF)


def ready() -> "Collection[dict[str, Any]]":
    return notification.collection().database["outgoing"]


class Outgoing:
    """Each verb may be called as often as one likes."""

    def promise(self, message: Message) -> None:
        """Keep the email ready. Raises Declined for a business "no"."""
        if no := refusal():
            raise no
        ran(f"db.outgoing.updateOne({{_id: '{message.tx_id}'}}, {{$setOnInsert: {{at: …}}}}, {{upsert: true}})")
        document = {"account": message.user_id, "at": datetime.now(UTC)}
        ready().update_one({"_id": message.tx_id}, {"$setOnInsert": document}, upsert=True)

    def keep(self, message: Message) -> None:
        """Send it, once; then it does not lie ready any more."""
        if no := notification.send(message, "withdrawn"):
            raise no  # it was promised, so this needs manual action
        self._remove(message)

    def break_off(self, message: Message) -> None:
        """Throw it away, if it is there."""
        if not self._remove(message):
            ends("nothing")

    def _remove(self, message: Message) -> bool:
        ran(f"db.outgoing.deleteOne({{_id: '{message.tx_id}'}})")
        return bool(ready().delete_one({"_id": message.tx_id}).deleted_count)


def waiting(min_age: float) -> list[str]:
    """The withdrawals whose email lies ready for at least that long: all of them, or those that wait for a person would
    hide the others."""
    return [number for number in _ready_for(min_age) if isinstance(number, str) and _UUID.fullmatch(number)]


def malformed(min_age: float) -> list[str]:
    """Documents of somebody else, which name no withdrawal."""
    ours = set(waiting(min_age))
    return [f"{number!r:.100}" for number in _ready_for(min_age) if not (isinstance(number, str) and number in ours)]


def _ready_for(min_age: float) -> list[Any]:
    before = datetime.now(UTC) - timedelta(seconds=min_age)
    return [document["_id"] for document in ready().find({"at": {"$lte": before}}, {"_id": 1})]
