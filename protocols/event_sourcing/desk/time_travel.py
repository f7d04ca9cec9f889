"""Time travel: a stream and its state as they were at any version or moment. Nothing has to be undone for that."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from distviz.errors import BadRequest, NotFound, NotNow
from distviz.money import text
from protocols.event_sourcing import store
from protocols.event_sourcing.aggregate import PREFIX, Account, CorruptStream, apply
from protocols.event_sourcing.events import Fact
from protocols.event_sourcing.places import EVENTS

LIMIT = 1_000

# The newest version at or before a moment; by versions, so that a clock that jumped cannot leave a hole.
_UPTO = """
SELECT max(version) AS all, max(version) FILTER (WHERE %(at)s::timestamptz IS NULL OR at <= %(at)s::timestamptz) AS upto
FROM events WHERE aggregate = %(aggregate)s
"""
_EVENTS = """
SELECT position, version, type, withdrawal_id, data, at FROM events
WHERE aggregate = %(aggregate)s AND version > %(after)s AND version <= %(upto)s ORDER BY version
"""


def stream(
    aggregate: str, upto_version: int | None = None, upto_time: datetime | None = None, *, limit: int = LIMIT
) -> dict[str, Any]:
    """{aggregate, version, newest, state, events}: the last `limit` events up to there, each with the balance after it,
    and the state that all events up to there add up to. Raises NotFound, or BadRequest for a version below zero."""
    if upto_version is not None and upto_version < 0:
        raise BadRequest("upto", "Give a version: a whole number from 0.")
    found = _newest(aggregate, upto_time) if aggregate.startswith(PREFIX) and "\x00" not in aggregate else {}
    if not found.get("all"):
        raise NotFound("No such aggregate; its id is account:<name>, such as account:alice.")
    upto = min(found["upto"] or 0, found["all"] if upto_version is None else upto_version)
    try:
        account = store.load(aggregate.removeprefix(PREFIX), upto=max(0, upto - limit))
    except CorruptStream as error:
        raise NotNow(str(error)) from error
    shown, stop = [], ""
    for row in EVENTS.ask(_EVENTS, {"aggregate": aggregate, "after": account.version, "upto": upto}):
        data = orjson.loads(row["data"])
        try:
            account = account if stop else apply(account, Fact.read(row, data))
        except CorruptStream as error:  # shown as it is; the state is the one before it
            stop = str(error)
        shown.append(_shown(row, data, account))
    return {
        "aggregate": aggregate,
        "version": account.version,
        "newest": found["all"],
        "state": account.state(),
        "events": shown,
        **({"error": stop} if stop else {}),
    }


def _newest(aggregate: str, upto_time: datetime | None) -> dict[str, Any]:
    return EVENTS.ask(_UPTO, {"aggregate": aggregate, "at": upto_time})[0]


def _shown(row: Mapping[str, Any], data: dict[str, Any], account: Account) -> dict[str, Any]:
    return {
        "position": row["position"],
        "version": row["version"],
        "type": row["type"],
        "withdrawal": row["withdrawal_id"],
        "data": data,
        "balance": text(account.balance),
        "at": row["at"],
    }
