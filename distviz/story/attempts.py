"""Every attempt of one message, or of one step: when, how long, how it ended, and how long the next one waited.

An attempt is a delivery: from the moment a service takes the message from its queue to the last thing that it says in
that delivery's span. What was killed says nothing, and the next attempt is how one knows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from distviz.story.deliveries import Deliveries
from distviz.story.shapes import EventLike
from distviz.story.words import wording
from distviz.story.words.sentences import why

_LEFT = ("sent", "delayed", "parked", "lost", "delivered", "duplicated")
_ENDS = {
    ("step", "commit"): "ok",
    ("step", "prepared"): "ok",
    ("step", "rollback"): "bad",
    ("step", "failed"): "bad",
    ("step", "late"): "info",
    ("step", "nothing"): "info",
    ("message", "ignored"): "info",
    ("retry", "scheduled"): "warn",
    ("retry", "exhausted"): "bad",
    ("retry", "failed"): "bad",
    ("attention", "raised"): "bad",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    number: int
    seq: int
    at: datetime
    span_id: str
    pid: int | None
    queued: str  # from when it was sent, or the attempt before ended, until it was taken
    took: str  # "" while it is under way
    result: str
    tone: str  # ok, info, warn, bad; "" while it is under way
    error: str
    wait: str  # the back-off after it
    until: datetime | None  # when the next one is due, if it has not come yet
    here: bool  # the event that was asked about belongs to it


def taken_for(events: Sequence[EventLike], event: EventLike) -> EventLike | None:
    """The message in whose handling this event happened: taken in the same span, or an ancestor by cause."""
    if event.span_id:
        spans = [one for one in events if one.span_id == event.span_id and _received(one) and one.seq <= event.seq]
        if spans:
            return spans[-1]
    place = {one.seq: one for one in events}
    seen = event
    while seen.caused_by in place and seen.caused_by < seen.seq:
        seen = place[seen.caused_by]
        if _received(seen):
            return seen
        if seen.kind == "message":
            return None
    return None


def attempts(events: Sequence[EventLike], event: EventLike) -> list[Attempt]:
    """All of them, oldest first; none for an event without attempts, such as the request."""
    begun = _deliveries(events, event) or _steps(events, event)
    return [_attempt(events, one, before, after, event) for before, one, after in _neighbours(begun)]


def _received(event: EventLike) -> bool:
    return event.kind == "message" and event.phase == "received"


def _data(event: EventLike) -> dict[str, Any]:
    return event.data if isinstance(event.data, dict) else {}


def _deliveries(events: Sequence[EventLike], event: EventLike) -> list[EventLike]:
    if event.kind == "message" and event.phase in _LEFT:
        mid, lane = _data(event).get("mid"), event.to
        causes = {one.seq for one in events if one.kind == "message" and mid and _data(one).get("mid") == mid}
        own = [e for e in events if _received(e) and (_data(e).get("mid") == mid or e.caused_by in causes)]
        return [one for one in own if not lane or one.lane == lane]
    taken = event if _received(event) else taken_for(events, event)
    if taken is None:
        return []
    mid = _data(taken).get("mid")
    return [e for e in events if _received(e) and e.lane == taken.lane and _data(e).get("mid") == mid]


def _steps(events: Sequence[EventLike], event: EventLike) -> list[EventLike]:
    """Steps outside of a delivery, such as the relay's: each begin is an attempt."""
    if event.kind != "step":
        return []
    same = (event.lane, event.name)
    return [e for e in events if e.kind == "step" and e.phase == "begin" and (e.lane, e.name) == same]


def _neighbours(begun: list[EventLike]) -> Iterable[tuple[EventLike | None, EventLike, EventLike | None]]:
    return zip([None, *begun], begun, [*begun[1:], None], strict=False)


def _attempt(
    events: Sequence[EventLike],
    first: EventLike,
    before: EventLike | None,
    after: EventLike | None,
    asked: EventLike,
) -> Attempt:
    inside = _inside(events, first)
    last = inside[-1]
    ends = [one for one in inside if (one.kind, one.phase) in _ENDS]
    killed = any(one.kind == "fault" and one.name == "crash" for one in inside)
    retry = next((one for one in ends if one.kind == "retry" and one.phase == "scheduled"), None)
    deliveries = Deliveries()
    for one in events:
        deliveries.feed(one)
    anew = after is not None and not deliveries.is_copy(after.span_id)
    over = bool(ends) or killed or anew
    if deliveries.is_copy(first.span_id):
        before = None  # it did not wait for that one
    result, tone = _result(ends, killed, over)
    wait = int(_data(retry).get("wait_ms") or 0) if retry else 0
    return Attempt(
        number=first.attempt,
        seq=first.seq,
        at=first.at,
        span_id=first.span_id,
        pid=_data(first).get("pid"),
        queued=_queued(events, first, before),
        took=wording.duration((last.at - first.at).total_seconds() * 1000) if ends or killed else "",
        result=result,
        tone=tone,
        error=next((why(one) for one in reversed(inside) if one.error), ""),
        wait=wording.duration(wait) if wait else "",
        until=retry.at + timedelta(milliseconds=wait) if retry and after is None and wait else None,
        here=asked in inside or asked.seq in {one.seq for one in inside},
    )


def _inside(events: Sequence[EventLike], first: EventLike) -> list[EventLike]:
    """What happened in this attempt, its first event included."""
    if _received(first) and first.span_id:
        return [one for one in events if one.span_id == first.span_id and one.seq >= first.seq]
    return [first, *(one for one in events if one.caused_by == first.seq)]


def _queued(events: Sequence[EventLike], first: EventLike, before: EventLike | None) -> str:
    if before is not None:
        since = _inside(events, before)[-1].at
    else:
        since = next((one.at for one in events if one.seq == first.caused_by), first.at)
    return wording.duration((first.at - since).total_seconds() * 1000) if _received(first) else ""


def _result(ends: list[EventLike], killed: bool, over: bool) -> tuple[str, str]:
    if killed:
        return _("killed"), "bad"
    if not ends:
        return (_("interrupted: its process was gone"), "bad") if over else (_("in progress"), "")
    by_weight = ("retry", "attention", "message", "step")
    end = min(reversed(ends), key=lambda one: by_weight.index(one.kind))
    said = {
        ("step", "commit"): _("committed"),
        ("step", "prepared"): _("prepared"),
        ("step", "rollback"): _("rolled back"),
        ("step", "failed"): _("not carried out"),
        ("step", "late"): _("decided before"),
        ("step", "nothing"): _("nothing to undo"),
        ("message", "ignored"): _("duplicate, ignored"),
        ("retry", "scheduled"): _("failed, retried"),
        ("retry", "exhausted"): _("failed, gave up"),
        ("retry", "failed"): _("failed, not retried"),
        ("attention", "raised"): _("left for manual action"),
    }
    return said[end.kind, end.phase], _ENDS[end.kind, end.phase]
