"""The critical path of a run: from its last event back to its first, by what caused what, and where the time went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from distviz.story.shapes import EventLike


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of the path. `kind`: work, queue, backoff or held."""

    kind: str
    lane: str
    start: datetime
    end: datetime


def critical(events: Sequence[EventLike], until: datetime | None = None) -> list[Leg]:
    """The legs in the order of time; with `until` the last of them goes on till then."""
    by_number = {event.seq: event for event in events}
    breaks = _breaks(events)
    event = next((event for event in reversed(events) if event.caused_by), None)
    legs: list[Leg] = []
    if event and until and until > event.at:
        legs.append(Leg(_kind(event), event.lane, event.at, until))
    while event:
        cause = by_number.get(event.caused_by or 0)
        if cause is None:
            break
        legs += reversed(_between(cause, event, breaks))
        event = cause
    if event and events and event.at > events[0].at:  # the request on its way to the first of them
        legs.append(Leg("queue", event.lane, events[0].at, event.at))
    return legs[::-1]


def _kind(event: EventLike) -> str:
    if event.kind == "message" and event.phase in ("sent", "delayed", "parked", "delivered"):
        return "queue"
    return {"retry": "backoff", "hold": "held"}.get(event.kind, "work") if event.phase != "released" else "work"


def _breaks(events: Sequence[EventLike]) -> dict[int, list[EventLike]]:
    """Back-offs and holds, by the number of the event in whose course they came."""
    found: dict[int, list[EventLike]] = {}
    for event in events:
        if event.caused_by and (event.kind == "hold" or (event.kind == "retry" and event.phase == "scheduled")):
            found.setdefault(event.caused_by, []).append(event)
    return found


def _between(cause: EventLike, event: EventLike, breaks: dict[int, list[EventLike]]) -> list[Leg]:
    kind = "queue" if event.phase in ("received", "delivered") and cause.phase != "received" else "work"
    legs, at = [], cause.at
    for pause in breaks.get(cause.seq, []):
        if at <= pause.at < event.at:
            legs.append(Leg(kind, event.lane, at, pause.at))
            kind, at = _kind(pause), pause.at
    return [*legs, Leg(kind, event.lane, at, event.at)]
