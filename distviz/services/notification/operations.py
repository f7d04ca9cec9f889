"""The Notification Service's operations on MongoDB: single-document upserts on a unique `_id`, integer cents, no
multi-document transactions, so that any server of that protocol will do."""

import os
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import pymongo
import pymongo.errors
from django.conf import settings
from pymongo.collection import Collection

from distviz import silence
from distviz.errors import Declined
from distviz.money import cents, text
from distviz.services.inbox import note_duplicate
from distviz.services.notification.listening import SERVER, Commands, Heartbeats
from distviz.trace import context, points
from distviz.trace.messages import Message
from distviz.trace.steps import changed, ran, refusal

TEXTS = {
    "withdrawn": "{amount} was withdrawn from your account.",
    "refunded": "Your withdrawal of {amount} could not be made; the money is back on your account.",
}
SENT = {"closed": {"$exists": False}}  # what else lies there keeps an email from being sent: `close`


@lru_cache(maxsize=2)
def _client(pid: int) -> "pymongo.MongoClient[dict[str, Any]]":
    """One client per process: it does not survive a fork. `timeoutMS` is for an operation with all of its parts."""
    return pymongo.MongoClient(
        settings.NOTIFICATION_URL,
        timeoutMS=settings.NOTIFICATION_MS,
        serverSelectionTimeoutMS=min(3000, settings.NOTIFICATION_MS),
        connectTimeoutMS=2000,
        event_listeners=[Commands(), Heartbeats()],
    )


def collection() -> "Collection[dict[str, Any]]":
    """Raises PyMongoError if the server has just not answered."""
    context.admit()
    if silence.lasts(SERVER):
        raise pymongo.errors.ServerSelectionTimeoutError("the server does not answer")
    client = _client(os.getpid())
    return client.get_default_database("notification")["notifications"]


def make_indexes() -> None:
    """For what is asked otherwise than by `_id`: the newest, and those of one withdrawal."""
    collection().create_index([("sent_at", pymongo.DESCENDING)])
    collection().create_index("withdrawal_id")


def send(message: Message, kind: str) -> Declined | None:
    """Send the email, once per withdrawal and kind: it is recorded under that id before it counts as sent."""
    if no := refusal():
        return no
    number, document = email(message, kind)
    ran(f"db.notifications.updateOne({{_id: '{number}'}}, {{$setOnInsert: {{kind: '{kind}', …}}}}, {{upsert: true}})")
    points.about_to_commit()
    done = collection().update_one({"_id": number}, {"$setOnInsert": document}, upsert=True)
    if done.upserted_id is None:
        if collection().find_one({"_id": number, **SENT}, {"_id": 1}) is None:
            return Declined("given_up_before")
        note_duplicate(type(message).__name__, 1)
    found = done.upserted_id is None
    changed("notification", f"notifications/{kind}", None, {"kind": kind, "text": document["text"]}, found=found)
    return None


def email(message: Message, kind: str) -> tuple[str, dict[str, Any]]:
    """The document's id, and what is in it."""
    document = {
        "withdrawal_id": message.tx_id,
        "protocol": message.protocol,
        "account": message.user_id,
        "kind": kind,
        "cents": cents(message.amount),
        "text": TEXTS[kind].format(amount=text(message.amount)),
        "sent_at": datetime.now(UTC),
    }
    return f"{message.tx_id}:{kind}", document


def recent(limit: int = 100, account: str = "", protocol: str = "") -> list[dict[str, Any]]:
    """The newest notifications, newest first; `amount` is a string with two decimals."""
    wanted = {key: value for key, value in (("account", account), ("protocol", protocol)) if value} | SENT
    found = collection().find(wanted).sort("sent_at", pymongo.DESCENDING).limit(limit)
    return [_shown(doc) for doc in found]


def _shown(doc: dict[str, Any]) -> dict[str, Any]:
    """For people. The server keeps whatever somebody writes: a field that is not ours is shown as it is."""
    fields = ("withdrawal_id", "protocol", "account", "kind", "text")
    plain = {name: doc[name] if isinstance(doc.get(name), str) else f"{doc.get(name)!r:.200}" for name in fields}
    sum_, at = doc.get("cents"), doc.get("sent_at")
    amount = f"{sum_ // 100}.{sum_ % 100:02d}" if type(sum_) is int else f"{sum_!r:.40}"
    return {**plain, "id": doc["_id"], "amount": amount, "sent_at": at if isinstance(at, datetime) else None}


def found(ids: list[str]) -> dict[str, dict[str, Any]]:
    """Those of the documents `<withdrawal>:<kind>` that are there."""
    return {doc["_id"]: doc for doc in collection().find({"_id": {"$in": ids}, **SENT})}


def close(withdrawal_id: str, protocol: str) -> bool:
    """No email of this withdrawal is sent from now on: its place is taken. Whether the customer has heard of it."""
    numbers = [f"{withdrawal_id}:{kind}" for kind in TEXTS]
    tombstone = {"protocol": protocol, "closed": datetime.now(UTC)}
    for number in numbers:
        collection().update_one({"_id": number}, {"$setOnInsert": tombstone}, upsert=True)
    return collection().find_one({"_id": {"$in": numbers}, **SENT}, {"_id": 1}) is not None
