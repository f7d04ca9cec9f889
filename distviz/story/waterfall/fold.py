"""The run log as a trace: a pure fold of events into spans, with the waits between them. It knows no database."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from distviz.story.deliveries import Deliveries
from distviz.story.shapes import EventLike
from distviz.story.waterfall.spans import InTransit, Span, Wait
from distviz.story.waterfall.states import (
    CRASHED,
    FAILED,
    IGNORED,
    INTERRUPTED,
    LOST,
    OK,
    OPEN,
    PARKED,
    PREPARED,
    QUEUED,
)
from distviz.story.words.sentences import why

_ENDS = {"commit": OK, "rollback": FAILED, "failed": FAILED, "prepared": PREPARED}
_BUSY = {("message", "received"), ("step", "begin"), ("hold", "held"), ("lock", "waiting")}  # goes on after the event
_INSTANTS = ("sweep", "operator", "decision", "attention")


class Waterfall:
    """The spans of the events fed so far. Times are ms since the first event."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.root: Span | None = None
        self.finished = False
        self.begun: list[Span] = []  # attempts and instants, and steps outside of any attempt
        self.sent: dict[int, InTransit] = {}  # the sending event (or the delivering one) → the message
        self.backoff: dict[tuple[str, str], tuple[Span, float]] = {}  # (lane, message) → what failed, next attempt
        self._first: datetime | None = None
        self._spans: dict[str, Span] = {}
        self._owner: dict[int, Span] = {}  # event → the span in which it was written
        self._parked: dict[str, InTransit] = {}
        self._tried: dict[tuple[str, str], Span] = {}  # (lane, message) → its latest attempt
        self._steps: dict[int, Span] = {}  # by the event that began it; open
        self._deliveries = Deliveries()
        self._locks: dict[str, Span] = {}

    def feed_all(self, events: Iterable[EventLike]) -> "Waterfall":
        for event in events:
            self.feed(event)
        return self

    def feed(self, event: EventLike) -> None:
        self._first = self._first or event.at
        now = self.ms(event.at)
        self.times.append(now)
        data: dict[str, Any] = event.data if isinstance(event.data, dict) else {}
        self._deliveries.feed(event)
        feed = getattr(self, f"_on_{event.kind}", None)
        if event.kind == "message" and event.phase == "received":
            self._received(event, now)
        owner = self._own(event, now)
        if event.kind in _INSTANTS:
            self._instant(event, now, data)
        elif feed is not None:
            known: Callable[[EventLike, float, dict[str, Any], Span | None], None] = feed
            known(event, now, data, owner)

    def ms(self, at: datetime) -> float:
        return (at - self._first).total_seconds() * 1000 if self._first else 0.0

    def _own(self, event: EventLike, now: float) -> Span | None:
        """The span that wrote this event: named by it, or that of its cause where only that is told."""
        owner = self._spans.get(event.span_id) if event.span_id else None
        if owner is None and event.span_id and event.kind != "request":  # a relay's, say, which takes no message
            owner = self._begin(event, now, "attempt", self._waited(event, now))
        if owner is None and event.caused_by and event.kind in ("hold", "decision", "fault"):
            cause = self._owner.get(event.caused_by)
            owner = cause if cause is not None and cause.lane == event.lane else None
        if owner is not None and owner is not self.root:
            owner.end, owner.superseded = max(owner.end or now, now), False
            owner.busy = (event.kind, event.phase) in _BUSY
            owner.busy |= event.kind == "fault" and event.name == "delay"
        if owner is not None:
            self._owner[event.seq] = owner
        return owner

    def _begin(self, event: EventLike, now: float, kind: str, before: list[Wait]) -> Span:
        cause = self._owner.get(event.caused_by or 0) or self.root
        span = Span(event.seq, kind, event.lane, event.name, now, now, span_id=event.span_id, attempt=event.attempt)
        span.parent, span.before = (cause.span_id if cause else ""), before
        self.begun.append(span)
        if event.span_id:
            self._spans[event.span_id] = span
        return span

    # --- the request and its end ----------------------------------------------------------------------------------

    def _on_request(self, event: EventLike, now: float, data: dict[str, Any], owner: Span | None) -> None:
        self.root = Span(event.seq, "run", event.lane, event.name, now, None, span_id=event.span_id)
        if event.span_id:
            self._spans[event.span_id] = self.root
        self._owner[event.seq] = self.root

    def _on_finished(self, event: EventLike, now: float, data: dict[str, Any], owner: Span | None) -> None:
        self.finished = True
        if self.root is not None:
            self.root.end, self.root.word = now, event.name

    # --- messages -------------------------------------------------------------------------------------------------

    def _on_message(self, event: EventLike, now: float, data: dict[str, Any], owner: Span | None) -> None:
        mid = str(data.get("mid", ""))
        if event.phase in ("sent", "delayed", "parked", "lost"):
            self._send(event, now, data, owner, mid)
        elif event.phase == "ignored" and owner is not None:
            owner.state = IGNORED
        elif event.phase in ("delivered", "duplicated", "dropped") and (sent := self._parked.pop(mid, None)):
            sent.before[-1].end = sent.span.end = sent.at = now
            sent.span.state = LOST if event.phase == "dropped" else QUEUED
            self.sent[event.seq] = sent

    def _send(self, event: EventLike, now: float, data: dict[str, Any], owner: Span | None, mid: str) -> None:
        state = {"parked": PARKED, "lost": LOST}.get(event.phase, QUEUED)
        span = Span(event.seq, "message", event.lane, event.name, now, now, to=event.to, state=state, why=why(event))
        span.parent = owner.span_id if owner else (self.root.span_id if self.root else "")
        sent = InTransit(span, now, [])
        if event.phase == "parked":
            sent.before.append(Wait("parked", now))
            self._parked[mid] = sent
        elif event.phase == "delayed":
            sent.at = now + float(data.get("ms") or 0)
            sent.before.append(Wait("delayed", now, sent.at))
        self.sent[event.seq] = sent

    def _received(self, event: EventLike, now: float) -> None:
        place = event.lane, event.name
        span = self._begin(event, now, "attempt", self._waited(event, now))
        span.message, span.copy = event.name, self._deliveries.is_copy(event.span_id)
        span.attempt = self._deliveries.attempt(event)
        again = self._tried.get(place)
        if again is not None and span.attempt > 1 and again.busy:
            again.superseded = True  # the killed process could not record its end; if it was killed
        self._tried[place] = span

    def _waited(self, event: EventLike, now: float) -> list[Wait]:
        """Where it was before it was received."""
        attempt = self._deliveries.attempt(event)
        copy = self._deliveries.is_copy(event.span_id)
        failed = None if copy else self.backoff.pop((event.lane, event.name), None)
        if failed is not None:
            scheduled, due = failed
            middle = min(due, now)
            return _long([Wait("backoff", scheduled.end or now, middle), Wait("queue", middle, now)])
        sent = self.sent.get(event.caused_by or 0)
        before = self._tried.get((event.lane, event.name))
        if attempt > 1 and before is not None:
            return _long([Wait("down", before.end or now, now)])
        if sent is None:
            return []
        sent.taken += 1
        waits = [Wait(wait.kind, wait.start, min(now, wait.end or now)) for wait in sent.before]
        return _long([*waits, Wait("queue", min(sent.at, now), now)])

    # --- work -----------------------------------------------------------------------------------------------------

    def _on_step(self, event: EventLike, now: float, data: dict[str, Any], owner: Span | None) -> None:
        if event.phase == "begin":
            step = Span(event.seq, "step", event.lane, event.name, now, None, attempt=event.attempt, state=OPEN)
            step.compensates, step.parent = str(data.get("compensates") or ""), owner.span_id if owner else ""
            step.order = bool(data.get("order"))
            (owner.steps if owner else self.begun).append(step)
            self._steps[event.seq] = step
            return
        done = self._steps.pop(self._begin_of(event), None)
        if done is not None:
            done.end, done.state, done.why = now, _ENDS.get(event.phase, OK), why(event)
        if event.phase == "prepared" and event.lane not in self._locks:
            locks = Span(event.seq, "locks", event.lane, event.name, now, None, state=PREPARED)
            (owner.steps if owner else self.begun).append(locks)
            self._locks[event.lane] = locks
        elif event.phase in ("commit", "rollback", "nothing"):
            self._let_go(event.lane, done, now)

    def _let_go(self, lane: str, done: Span | None, now: float) -> None:
        """What is prepared goes on if it is only its own step, repeated, that has ended."""
        if lane in self._locks and (done is None or done.name != self._locks[lane].name):
            self._locks.pop(lane).end = now

    def _begin_of(self, event: EventLike) -> int:
        """The begin of the step that ends; in a log that does not name it, the last one of that step."""
        if event.caused_by in self._steps:
            return event.caused_by or 0
        same = [seq for seq, one in self._steps.items() if (one.lane, one.name) == (event.lane, event.name)]
        return same[-1] if same else 0

    def _on_fault(self, event: EventLike, now: float, data: dict[str, Any], owner: Span | None) -> None:
        if owner is None or owner is self.root:
            return
        if event.name == "crash":
            owner.state, owner.busy = CRASHED, False
            self.interrupted(owner, now)
        elif event.name == "delay":
            owner.inside.append(Wait("held", now, now + float(data.get("ms") or 0)))

    def _on_hold(self, event: EventLike, now: float, data: dict[str, Any], owner: Span | None) -> None:
        if owner is None:
            return
        if event.phase == "held":
            owner.inside.append(Wait("held", now))
        elif owner.inside and owner.inside[-1].end is None:
            owner.inside[-1].end = now

    def _on_retry(self, event: EventLike, now: float, data: dict[str, Any], owner: Span | None) -> None:
        if owner is None:
            return
        owner.state, owner.why = FAILED, why(event)
        if event.phase == "scheduled" and owner.message:
            self.backoff[owner.lane, owner.message] = owner, now + float(data.get("wait_ms") or 0)

    def _instant(self, event: EventLike, now: float, data: dict[str, Any]) -> None:
        instant = Span(event.seq, "instant", event.lane, event.name, now, now, word=f"{event.kind}/{event.phase}")
        instant.why, owner = why(event), self._owner.get(event.seq)
        instant.parent = owner.span_id if owner else ""
        self.begun.append(instant)

    def interrupted(self, span: Span, at: float) -> None:
        """Its process is dead; the database rolled back its open transaction."""
        span.busy = False
        span.state = CRASHED if span.state == CRASHED else INTERRUPTED
        for wait in span.inside:
            wait.end = at if wait.end is None or wait.end > at else wait.end
        for step in span.steps:
            if step.state == OPEN:
                self._steps.pop(step.seq, None)
                self.interrupt(step, at)

    def interrupt(self, step: Span, at: float | None, how: str = INTERRUPTED) -> None:
        owner = self._spans.get(step.parent)
        step.state, step.end = how, at if at is not None else (owner.end if owner else step.start)


def _long(waits: list[Wait]) -> list[Wait]:
    return [wait for wait in waits if wait.end is None or wait.end > wait.start]
