"""Time travel: a stream and its state as they were at any version or time. Nothing has to be undone for that."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from distviz.codes import Reason
from distviz.errors import BadRequest, Coded, NotFound, NotNow
from distviz.money import text
from distviz.story.words.sentences import english, say
from protocols.event_sourcing.account import EVENTS, PREFIX
from protocols.event_sourcing.aggregate import Fact
from protocols.event_sourcing.snapshots import State, state_at

LIMIT = 1_000

# The newest version at or before a time; by versions, so that a clock that jumped cannot leave a hole.
_UPTO = """
SELECT (SELECT max(version) FROM events WHERE aggregate = %(aggregate)s) AS all, (
    SELECT max(version) FROM events WHERE aggregate = %(aggregate)s
        AND (%(at)s::timestamptz IS NULL OR at <= %(at)s::timestamptz)) AS upto
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
        raise BadRequest("upto", "version_is_a_number")
    found = _newest(aggregate, upto_time) if aggregate.startswith(PREFIX) and "\x00" not in aggregate else {}
    if not found.get("all"):
        raise NotFound("no_such_aggregate")
    upto = min(found["upto"] or 0, found["all"] if upto_version is None else upto_version)
    try:
        state = state_at(aggregate, max(0, upto - limit))
    except Coded as error:
        raise NotNow(error.reason) from error
    shown, wrong = [], None
    for row in EVENTS.ask(_EVENTS, {"aggregate": aggregate, "after": state.version, "upto": upto}):
        data = orjson.loads(row["data"])
        try:
            if wrong is None:
                state.apply(Fact(row["type"], row["withdrawal_id"], data, row["version"]))
        except Coded as error:  # shown as it is; the state is the one before it
            wrong = error.reason
        shown.append(_shown(row, data, state))
    return {
        "aggregate": aggregate,
        "version": state.version,
        "newest": found["all"],
        "state": state.as_texts(),
        "events": shown,
        **_error(wrong),
    }


def parse_time(text: str) -> datetime:
    """A time as a person types it, in UTC unless it says otherwise. Raises BadRequest. The first and the last year
    are none: an offset would lead out of the calendar."""
    try:
        given = parse_datetime(text.strip())
    except ValueError:
        given = None
    if given is None or not datetime.min.year < given.year < datetime.max.year:
        raise BadRequest("at", "give_a_time")
    return given if timezone.is_aware(given) else timezone.make_aware(given)


def without_code(data: Mapping[str, Any], language: str | None = "en") -> dict[str, str]:
    """What is stored of an event, for people: the reason as a sentence, in a language or in that of the page."""
    why = Reason.read(data.get("why"))
    texts = {name: str(value) for name, value in data.items() if name != "why"}
    return texts | {"reason": say(why, language)} if why else texts


def _newest(aggregate: str, upto_time: datetime | None) -> dict[str, Any]:
    return EVENTS.ask(_UPTO, {"aggregate": aggregate, "at": upto_time})[0]


def _error(wrong: Reason | None) -> dict[str, Any]:
    if wrong is None:
        return {}
    return {"error": english(wrong), "error_code": wrong.code, "error_params": dict(wrong.params)}


def _shown(row: Mapping[str, Any], data: dict[str, Any], state: State) -> dict[str, Any]:
    return {
        "position": row["position"],
        "version": row["version"],
        "type": row["type"],
        "withdrawal": row["withdrawal_id"],
        "data": data,
        "balance": text(state.balance),
        "at": row["at"],
    }
