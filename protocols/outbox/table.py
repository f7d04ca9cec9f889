"""The outbox table of a service: its statements, each one a single statement that is safe beside any other relay."""

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

BATCH = 100
LONGEST_WAIT_MS = 8_000

_WRITE = """
INSERT INTO outbox (event_type, payload, account, withdrawal_id, message_id, headers, created_at, published)
VALUES (%(event_type)s, %(payload)s::jsonb, %(account)s, %(withdrawal)s, %(message)s, %(headers)s::jsonb, now(), false)
ON CONFLICT (message_id) DO NOTHING RETURNING id
"""
_TAKE = """
UPDATE outbox SET status = 'publishing', claimed_at = clock_timestamp(), attempts = attempts + 1
FROM due WHERE outbox.id = due.id
RETURNING outbox.id, event_type, payload::text AS payload, withdrawal_id::text AS withdrawal, headers::text AS headers,
    attempts, sent_at IS NOT NULL AS sent_before
"""
# The oldest unsent row of each account and no other: so nothing can overtake it, whoever else is at work.
CLAIM = f"""
WITH due AS (
    SELECT id FROM outbox o WHERE status = 'pending' AND due_at <= clock_timestamp() AND NOT EXISTS (
        SELECT 1 FROM outbox earlier WHERE earlier.account = o.account AND earlier.id < o.id
            AND earlier.status IN ('pending', 'publishing'))
    ORDER BY id LIMIT {BATCH} FOR UPDATE OF o SKIP LOCKED
) {_TAKE}"""
_LATE = "claimed_at <= clock_timestamp() - %(age)s::float8 * power(2, LEAST(attempts - 1, 3)) * interval '1 second'"
_UNANSWERED = f"""
SELECT id, withdrawal_id::text AS withdrawal, {_LATE} AS late FROM outbox WHERE status IN ('publishing', 'sent')
    AND claimed_at <= clock_timestamp() - %(age)s / 2 * interval '1 second'
ORDER BY id LIMIT 1000
"""
_CLAIM_AGAIN = f"""
WITH due AS (
    SELECT id FROM outbox WHERE id = ANY(%(ids)s::bigint[]) AND status IN ('publishing', 'sent') AND {_LATE}
    ORDER BY id FOR UPDATE SKIP LOCKED
) {_TAKE}"""
# An answer can come before the mark: then both are there, and the row is done.
_MARK = """
UPDATE outbox SET published = true, sent_at = COALESCE(sent_at, clock_timestamp()),
    status = CASE WHEN acknowledged_at IS NULL THEN 'sent' ELSE 'acknowledged' END
WHERE id = %(id)s AND status = 'publishing' RETURNING status
"""
_PUT_BACK = f"""
UPDATE outbox SET last_error = %(error)s,
    status = CASE WHEN sent_at IS NULL THEN 'pending' WHEN acknowledged_at IS NULL THEN 'sent' ELSE 'acknowledged' END,
    due_at = clock_timestamp() + interval '1 millisecond' * (1 + 0.1 * random())
        * LEAST(%(base)s::float8 * power(2, LEAST(attempts - 1, 20)), {LONGEST_WAIT_MS})
WHERE id = ANY(%(ids)s::bigint[]) AND status = 'publishing'
"""
_BURY = "UPDATE outbox SET status = 'dead', last_error = %(error)s WHERE id = %(id)s AND status = 'publishing'"
# A row that a relay has in hand, or has to take up again, is not done before it is marked: the relay knows no better.
_ACKNOWLEDGE = """
UPDATE outbox SET acknowledged_at = COALESCE(acknowledged_at, clock_timestamp()),
    status = CASE WHEN status IN ('pending', 'publishing') THEN status ELSE 'acknowledged' END
WHERE withdrawal_id = %(withdrawal)s AND event_type = ANY(%(types)s::text[]) AND status <> 'acknowledged'
RETURNING id, event_type, status
"""
_REVIVE = """
UPDATE outbox SET status = 'pending', attempts = 0, due_at = now(), headers = headers || '{"revived": true}'::jsonb
WHERE withdrawal_id = %(withdrawal)s AND status = 'dead'
"""
_HURRY = "UPDATE outbox SET due_at = now() WHERE status = 'pending' AND due_at > now()"
_STATE = """
SELECT count(*) AS rows, count(*) FILTER (WHERE status <> 'acknowledged') AS unanswered
FROM outbox WHERE withdrawal_id = %(withdrawal)s
"""


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
            _WRITE,
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

    def claim(self) -> list[Row]:
        """Take the oldest rows that are due, one of each account."""
        return _rows(self.place.ask(CLAIM))

    def unanswered(self, min_age: float) -> list[Unanswered]:
        """What nobody has marked or answered yet. It is late after `min_age` seconds; each time that it is taken it
        gets twice as long, up to eight times."""
        return [Unanswered(**row) for row in self.place.ask(_UNANSWERED, {"age": min_age})]

    def claim_again(self, ids: Iterable[int], min_age: float) -> list[Row]:
        """Take late rows, unless somebody else was quicker."""
        return _rows(self.place.ask(_CLAIM_AGAIN, {"ids": _array(ids), "age": min_age}))

    def mark(self, row: Row) -> str:
        """Mark as sent. Returns its status: `acknowledged` if the answer has come already."""
        marked = self.place.run(_MARK, id=row.id)
        status = str(marked[0]["status"]) if marked else "sent"  # or else another relay was at it too, and quicker
        before = {"status": "publishing", "published": row.sent_before}
        changed(self.place.name, f"outbox/{row.id}", before, {"status": status, "published": True})
        return status

    def put_back(self, ids: Iterable[int], error: str) -> None:
        """What could not be published stays, and is tried again later: base, 2·base, 4·base …"""
        values = {"ids": _array(ids), "error": _clean(error), "base": settings.RETRY_BASE_MS}
        self.place.ask(_PUT_BACK, values)

    def bury(self, row: Row, error: str) -> None:
        self.place.ask(_BURY, {"id": row.id, "error": _clean(error)})

    def revive(self, withdrawal: str) -> None:
        """Dead rows get fresh attempts: a person said so."""
        self.place.ask(_REVIVE, {"withdrawal": withdrawal})

    def hurry(self) -> None:
        """Nobody waits for the end of a back-off."""
        self.place.ask(_HURRY)

    # --- for the consumers of the answers -------------------------------------------------------------------------

    def acknowledge(self, withdrawal: str, *types: type[Message]) -> None:
        """The answer to these messages has come."""
        names = "{" + ",".join(kind.__name__ for kind in types) + "}"
        for row in self.place.run(_ACKNOWLEDGE, withdrawal=withdrawal, types=names):
            done = row["status"] == "acknowledged"
            before = {"status": "sent" if done else row["status"], "acknowledged": False}
            after = {"status": row["status"], "acknowledged": True}
            changed(self.place.name, f"outbox/{row['id']}", before, after)

    def state(self, withdrawal: str) -> State:
        return State(**self.place.ask(_STATE, {"withdrawal": withdrawal})[0])


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
