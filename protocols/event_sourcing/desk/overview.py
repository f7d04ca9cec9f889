"""One account's stream, what it adds up to at a version or a time, and what the read models say beside it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from distviz.codes import Reason
from distviz.errors import BadRequest, NotFound
from distviz.story.words.sentences import say
from protocols.event_sourcing.account import EVENTS, PREFIX
from protocols.event_sourcing.desk import projector, replay, time_travel

BEFORE, AFTER = 24, 8  # events that are shown up to the version, and after it
LISTED = 60

_NAMES = "SELECT aggregate FROM events WHERE version = 1 ORDER BY position LIMIT %(limit)s"
_VIEW = "SELECT account, balance, version, position, at, error FROM balance_view WHERE account = %(account)s"
_HISTORY = """
SELECT position, type, delta, balance, withdrawal_id::text AS run, at FROM history_view
WHERE account = %(account)s ORDER BY position DESC LIMIT 15
"""
_PARKED = """
SELECT v.account, e.type AS event, e.version, v.version AS after FROM balance_view v LEFT JOIN LATERAL (
    SELECT type, version FROM events WHERE aggregate = %(prefix)s || v.account AND position > v.position
    ORDER BY position LIMIT 1
) e ON true WHERE v.error <> '' ORDER BY v.account
"""
_SNAPSHOTS = """
SELECT version, state, at FROM snapshots WHERE aggregate = %(aggregate)s ORDER BY version DESC LIMIT 12
"""


def read(query: Mapping[str, str]) -> dict[str, Any]:
    """Raises BadRequest for a version or a time that is none, NotFound for an account without a stream."""
    names = [row["aggregate"].removeprefix(PREFIX) for row in EVENTS.ask(_NAMES, {"limit": LISTED})]
    lag = projector.lag()
    stopped = [{"account": name, "error": error} for name, error in parked().items()] if lag["parked"] else []
    shown: dict[str, Any] = {
        "names": names,
        "lag": {**lag, "ms": lag["seconds"] * 1000, "parked": stopped},
        "account": query.get("account", "").strip()[:60] or next(iter(names), ""),
        "verdict": replay.verify() if query.get("verify") else None,
    }
    if not shown["account"]:
        return shown
    return shown | _travel(shown["account"], _version(query.get("version", "")), _time(query.get("at", "")))


def _travel(account: str, version: int | None, time: datetime | None) -> dict[str, Any]:
    aggregate = PREFIX + account
    try:
        stream = time_travel.stream(aggregate, version, time, limit=BEFORE)
    except NotFound as error:
        raise BadRequest("account", "no_stream") from error
    here, newest = stream["version"], stream["newest"]
    later: list[dict[str, Any]] = []
    if here < newest:
        later = time_travel.stream(aggregate, min(here + AFTER, newest), limit=AFTER)["events"]
    views = EVENTS.ask(_VIEW, {"account": account})
    if views and views[0]["error"]:
        views[0]["error"] = parked().get(account, "")  # "" if it was made anew meanwhile
    position = stream["events"][-1]["position"] if stream["events"] else 0
    history = EVENTS.ask(_HISTORY, {"account": account})
    return {
        "aggregate": aggregate,
        "stream": stream | {"error": _said(stream)},
        "events": _shown(stream["events"]),
        "later": _shown(event for event in later if event["version"] > here),
        "version": here,
        "newest": newest,
        "pinned": version is not None or time is not None,
        "time": time,
        "view": views[0] if views else None,
        "behind": newest - (views[0]["version"] if views else 0),
        "history": [{**line, "later": line["position"] > position} for line in history],
        "snapshots": [
            {**row, "state": orjson.loads(row["state"])} for row in EVENTS.ask(_SNAPSHOTS, {"aggregate": aggregate})
        ],
    }


def _shown(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """A reason is told in the language of the page."""
    return [{**event, "data": time_travel.without_code(event["data"], language=None)} for event in events]


def _said(stream: Mapping[str, Any]) -> str:
    return say(Reason(stream["error_code"], stream["error_params"])) if "error" in stream else ""


def parked() -> dict[str, str]:
    """What made no sense to the projector, by account: the event after the last one that it has shown."""
    found = EVENTS.ask(_PARKED, {"prefix": PREFIX})
    return {row.pop("account"): say(Reason("event_out_of_place", row)) for row in found}


def _version(text: str) -> int | None:
    text = text.strip()
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequest("version", "version_is_a_number")
    return int(text) if text else None


def _time(text: str) -> datetime | None:
    return time_travel.parse_time(text) if text.strip() else None
