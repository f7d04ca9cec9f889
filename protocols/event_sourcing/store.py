"""The event store: append and read, nothing else. No transaction is open while a decision is made; the append is one
statement, and the unique (aggregate, version) tells whether somebody else was quicker."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import orjson
from django.db import DatabaseError, IntegrityError

from distviz.trace import context, faults
from distviz.trace.log import dumps
from distviz.trace.steps import changed
from protocols.event_sourcing.aggregate import PREFIX, Account, fold
from protocols.event_sourcing.events import LAST, Fact
from protocols.event_sourcing.places import EVENTS

SNAPSHOT_EVERY = 50

# State in one round trip: the newest snapshot, the events since, and what is known of the withdrawal from before.
_LOAD = """
WITH snapshot AS (
    SELECT version, state FROM snapshots
    WHERE aggregate = %(aggregate)s AND version <= %(upto)s::int ORDER BY version DESC LIMIT 1
), since AS (SELECT COALESCE((SELECT version FROM snapshot), 0) AS version)
SELECT 1 AS part, e.position, e.version, e.type, e.withdrawal_id, e.data FROM events e, since
WHERE e.withdrawal_id = %(withdrawal)s::uuid AND e.aggregate = %(aggregate)s AND e.version <= since.version
UNION ALL SELECT 2, 0, version, '', NULL, state FROM snapshot
UNION ALL SELECT 3, e.position, e.version, e.type, e.withdrawal_id, e.data FROM events e, since
WHERE e.aggregate = %(aggregate)s AND e.version > since.version AND e.version <= %(upto)s::int
ORDER BY part, version
"""
# All of the events or none. The first and the last append of a withdrawal also change the process manager's to-do list.
_APPEND = """
INSERT INTO events (aggregate, version, type, withdrawal_id, data)
SELECT %(aggregate)s, version, type, withdrawal_id, data
FROM jsonb_to_recordset(%(events)s::jsonb) AS e(version int, type text, withdrawal_id uuid, data jsonb)
ORDER BY version RETURNING position, version
"""
_OPENING = """
WITH todo AS (INSERT INTO open_withdrawals (withdrawal_id, account) VALUES (%(withdrawal)s, %(account)s))
"""
_CLOSING = "WITH todo AS (DELETE FROM open_withdrawals WHERE withdrawal_id = %(withdrawal)s)"
_SNAPSHOT = """
INSERT INTO snapshots (aggregate, version, state) VALUES (%(aggregate)s, %(version)s, %(state)s::jsonb)
ON CONFLICT (aggregate, version) DO NOTHING
"""
NEWEST = 2**31 - 1
TAKEN = ("events_version", "events_once", "open_withdrawals_pkey")  # somebody was quicker


class VersionConflict(Exception):
    """Somebody else appended to this stream first. Nothing was appended; load it and decide again."""


def load(name: str, withdrawal: str = "", *, upto: int = NEWEST) -> Account:
    """The account as its events say, up to a version, and what they say of one withdrawal."""
    rows = EVENTS.run(_LOAD, aggregate=PREFIX + name, withdrawal=withdrawal or None, upto=upto)
    account, since = Account(name=name, about=withdrawal), []
    for row in rows:
        data = orjson.loads(row["data"])
        if row["part"] == 1:
            account = replace(account, known=(*account.known, Fact.read(row, data)))
        elif row["part"] == 2:
            kept, balance, deposited = row["version"], Decimal(data["balance"]), Decimal(data["deposited"])
            account = replace(account, version=kept, kept=kept, balance=balance, deposited=deposited)
        else:
            since.append(Fact.read(row, data))
    return fold(account, since)


def append(account: Account, facts: Sequence[Fact]) -> Account:
    """Append at exactly the next versions, or raise VersionConflict. Returns the new state.

    The moment before it, with the decision made and nothing written, is the fault point `in_tx`.
    """
    opened = context.open_step()
    if opened:
        faults.fire([f"{point}.in_tx" for point in opened.points])
    if not facts:  # known already: whoever appended it may have died before it could say so
        show(account, account.known)
        return account
    numbered = [
        {
            "version": account.version + number,
            "type": fact.kind,
            "withdrawal_id": fact.withdrawal or None,
            "data": fact.data(),
        }
        for number, fact in enumerate(facts, 1)
    ]
    events = {"aggregate": account.stream, "events": dumps(numbered)}
    try:
        if facts[-1].kind in LAST and account.known:
            rows = EVENTS.run(_CLOSING + _APPEND, withdrawal=account.about, **events)
        elif facts[-1].kind not in LAST and not account.known:
            rows = EVENTS.run(_OPENING + _APPEND, withdrawal=account.about, account=account.name, **events)
        else:
            rows = EVENTS.run(_APPEND, **events)
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") not in TAKEN:
            raise
        raise VersionConflict(f"{account.stream} is past version {account.version}; nothing was appended") from error
    stored = [replace(fact, **row) for fact, row in zip(facts, rows, strict=True)]
    show(account, stored)
    return fold(account, stored)


def show(account: Account, facts: Sequence[Fact]) -> None:
    """Show stored events in the picture. Showing them again, after somebody died who could not, counts them once."""
    for fact in facts:
        row, after = f"{account.stream}/{fact.version}", {"type": str(fact.kind), **fact.data()}
        changed("events", row, None, after, account=fact.delta if fact.delta else None)


def keep_snapshot(account: Account) -> None:
    """Now and then the state is kept, so that a load does not grow with the stream. Nobody needs this to succeed."""
    if account.version - account.kept >= SNAPSHOT_EVERY:
        with suppress(DatabaseError):
            EVENTS.ask(
                _SNAPSHOT,
                {"aggregate": account.stream, "version": account.version, "state": dumps(account.state())},
            )
