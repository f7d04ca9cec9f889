"""One account's stream, what it adds up to at a version or a moment, and what the read models say beside it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from distviz.errors import BadRequest, NotFound
from protocols.event_sourcing import projection
from protocols.event_sourcing.aggregate import PREFIX
from protocols.event_sourcing.desk import replay, time_travel
from protocols.event_sourcing.places import EVENTS

BEFORE, AFTER = 24, 8  # events that are shown up to the version, and after it
LISTED = 60
NEWEST = 2**31 - 1

_NAMES = "SELECT aggregate FROM events WHERE version = 1 ORDER BY position LIMIT %(limit)s"
_VIEW = "SELECT account, balance, version, position, at, error FROM balance_view WHERE account = %(account)s"
_HISTORY = """
SELECT position, type, delta, balance, withdrawal_id::text AS run, at FROM history_view
WHERE account = %(account)s ORDER BY position DESC LIMIT 15
"""
_SNAPSHOTS = """
SELECT version, state, at FROM snapshots WHERE aggregate = %(aggregate)s ORDER BY version DESC LIMIT 12
"""


def look(query: Mapping[str, str]) -> dict[str, Any]:
    """Raises BadRequest for a version or a time that is none, NotFound for an account without a stream."""
    names = [row["aggregate"].removeprefix(PREFIX) for row in EVENTS.ask(_NAMES, {"limit": LISTED})]
    lag = projection.lag()
    shown: dict[str, Any] = {
        "names": names,
        "lag": {**lag, "ms": lag["seconds"] * 1000},
        "account": query.get("account", "").strip()[:60] or next(iter(names), ""),
        "verdict": replay.verify() if query.get("verify") else None,
    }
    if not shown["account"]:
        return shown
    return shown | _travel(shown["account"], _version(query.get("version", "")), _moment(query.get("at", "")))


def _travel(account: str, version: int | None, moment: datetime | None) -> dict[str, Any]:
    aggregate = PREFIX + account
    try:
        stream = time_travel.stream(aggregate, version, moment, limit=BEFORE)
    except NotFound as error:
        raise BadRequest("account", "This account has no stream: nothing has ever happened to it.") from error
    here, newest = stream["version"], stream["newest"]
    later: list[dict[str, Any]] = []
    if here < newest:
        later = time_travel.stream(aggregate, min(here + AFTER, newest), limit=AFTER)["events"]
    views = EVENTS.ask(_VIEW, {"account": account})
    position = stream["events"][-1]["position"] if stream["events"] else 0
    history = EVENTS.ask(_HISTORY, {"account": account})
    return {
        "aggregate": aggregate,
        "stream": stream,
        "events": stream["events"],
        "later": [event for event in later if event["version"] > here],
        "version": here,
        "newest": newest,
        "pinned": version is not None or moment is not None,
        "moment": moment,
        "view": views[0] if views else None,
        "behind": newest - (views[0]["version"] if views else 0),
        "history": [{**line, "later": line["position"] > position} for line in history],
        "snapshots": [
            {**row, "state": orjson.loads(row["state"])} for row in EVENTS.ask(_SNAPSHOTS, {"aggregate": aggregate})
        ],
    }


def _version(text: str) -> int | None:
    text = text.strip()
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequest("version", "A version is a whole number from 0: after how many events.")
    return int(text) if text else None


def _moment(text: str) -> datetime | None:
    """In UTC, unless it says otherwise."""
    if not text.strip():
        return None
    try:
        moment = parse_datetime(text.strip())
    except ValueError:
        moment = None
    if moment is None:
        raise BadRequest("at", "Give a moment such as 2030-01-31T12:00:00.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
