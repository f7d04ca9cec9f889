"""The outbox of a service: what its transactions, its relay and its consumers do with the table."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from distviz.services.places import ACCOUNT, PAYMENT, Place
from distviz.trace import context
from distviz.trace.log import dumps
from distviz.trace.messages import Message
from distviz.trace.steps import becomes, changed
from protocols.outbox import statements


@dataclass(frozen=True)
class Row:
    """A row in a relay's hands."""

    id: int
    event_type: str
    payload: Any
    withdrawal: str
    headers: dict[str, Any]
    attempts: int
    sent_before: bool


@dataclass(frozen=True)
class Unanswered:
    """A row that was taken and not marked, or sent and not answered, for some time."""

    id: int
    withdrawal: str
    late: bool


@dataclass(frozen=True)
class State:
    """How many rows a withdrawal has in this outbox, and how many of them nobody has answered yet."""

    rows: int
    unanswered: int


@dataclass(frozen=True)
class OutboxTable:
    """The outbox in the database of one service."""

    place: Place

    def write(self, message: Message) -> None:
        """Part of the local transaction that is open: the row is there if the business row is."""
        body = message.to_wire()
        written = self.place.run(
            statements.WRITE,
            event_type=type(message).__name__,
            payload=dumps(body),
            account=message.user_id,
            withdrawal=message.tx_id,
            message=message.id,
            headers=dumps(_headers()),
        )
        if written:
            after = {"event_type": type(message).__name__, "published": False, "status": "pending"}
            changed(self.place.name, f"outbox/{written[0]['id']}", None, after)
            becomes("delivering")

    # --- for the relay ------------------------------------------------------------------------------------------

    def claim(self, *, by_hand: bool = False) -> list[Row]:
        """Take the oldest rows that are due, one of each account. None while the relay is stopped."""
        return _rows(self.place.ask(statements.CLAIM_BY_HAND if by_hand else statements.CLAIM))

    def unanswered(self, min_age: float) -> list[Unanswered]:
        """What nobody has marked or answered yet. It is late after `min_age` seconds; each time that it is taken it
        gets twice as long, up to eight times."""
        return [Unanswered(**row) for row in self.place.ask(statements.UNANSWERED, {"age": min_age})]

    def claim_again(self, ids: Iterable[int], min_age: float) -> list[Row]:
        """Take late rows, unless somebody else was quicker."""
        return _rows(self.place.ask(statements.CLAIM_AGAIN, {"ids": _array(ids), "age": min_age}))

    def mark(self, row: Row) -> str:
        """Mark as sent. Returns its status: `acknowledged` if the answer has come already."""
        marked = self.place.run(statements.MARK, id=row.id)
        status = str(marked[0]["status"]) if marked else "sent"  # or else another relay was at it too, and quicker
        before = {"status": "publishing", "published": row.sent_before}
        changed(self.place.name, f"outbox/{row.id}", before, {"status": status, "published": True})
        return status

    def put_back(self, ids: Iterable[int], error: str) -> None:
        """What could not be published stays, and is tried again later: base, 2·base, 4·base …"""
        values = {"ids": _array(ids), "error": _clean(error), "base": settings.RETRY_BASE_MS}
        self.place.ask(statements.PUT_BACK, values)

    def bury(self, row: Row, error: str) -> None:
        self.place.ask(statements.BURY, {"id": row.id, "error": _clean(error)})

    def revive(self, withdrawal: str) -> None:
        """Dead rows get fresh attempts: a person said so."""
        self.place.ask(statements.REVIVE, {"value": withdrawal})

    def revive_one(self, row: int) -> dict[str, Any] | None:
        """The same for one row. Returns its withdrawal and type, or None if it is not dead (any more)."""
        return next(iter(self.place.ask(statements.REVIVE_ONE, {"value": row})), None)

    def again(self, row: int, attempts: int) -> Row | None:
        """A row that was sent, to be sent once more on purpose. None if it has had more attempts than that."""
        return next(iter(_rows(self.place.ask(statements.AGAIN, {"id": row, "attempts": attempts}))), None)

    def hurry(self) -> None:
        """Nobody waits for the end of a back-off."""
        self.place.ask(statements.HURRY)

    # --- for the consumers of the answers -------------------------------------------------------------------------

    def acknowledge(self, withdrawal: str, *types: type[Message]) -> None:
        """The answer to these messages has come."""
        names = "{" + ",".join(kind.__name__ for kind in types) + "}"
        for row in self.place.run(statements.ACKNOWLEDGE, withdrawal=withdrawal, types=names):
            done = row["status"] == "acknowledged"
            before = {"status": "sent" if done else row["status"], "acknowledged": False}
            after = {"status": row["status"], "acknowledged": True}
            changed(self.place.name, f"outbox/{row['id']}", before, after)

    def state(self, withdrawal: str) -> State:
        return State(**self.place.ask(statements.STATE, {"withdrawal": withdrawal})[0])


def _array(ids: Iterable[int]) -> str:
    """PostgreSQL's notation."""
    return "{" + ",".join(str(number) for number in ids) + "}"


def _clean(error: str) -> str:
    return error.replace("\x00", "")[:2000]


def _rows(found: list[dict[str, Any]]) -> list[Row]:
    rows = [Row(**{**row, "payload": json.loads(row["payload"]), "headers": _object(row["headers"])}) for row in found]
    return sorted(rows, key=lambda row: row.id)


def _object(text: str) -> dict[str, Any]:
    """Whoever wrote a row by hand may have put anything there; it must not keep the others from being published."""
    found = json.loads(text)
    return found if isinstance(found, dict) else {}


def _headers() -> dict[str, Any]:
    """What the relay needs to act on the run's behalf without asking for it."""
    delivery = context.current()
    if delivery is None:
        raise RuntimeError("an outbox row is written by a handler, in its transaction")
    return {
        "mode": delivery.mode,
        "traceparent": delivery.traceparent,
        "cause": delivery.step.begun if delivery.step else delivery.cause,
        "faults": [fault.wire() for fault in delivery.faults],
    }


ACCOUNT_OUTBOX = OutboxTable(ACCOUNT)
PAYMENT_OUTBOX = OutboxTable(PAYMENT)
