"""What a run cost, measured from its log: locks, the gap in the money, messages, commits, attempts, time.

A fold like the picture's: it knows no database and no clock. Locks are held from a step's BEGIN (in the log: its begin,
or the end of a delay before it) to its COMMIT, ROLLBACK or death; what is prepared holds them until the decision.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from distviz.story.deliveries import Deliveries
from distviz.story.measured import FOR_EVER, Instant, Interval, Measures
from distviz.story.money_strip import Money, Strip
from distviz.story.shapes import EventLike, PlanLike, RunFacts, locking

BEFORE_BEGIN = (".before_tx", ".before_prepare")  # fault points of a step whose transaction is not open yet
MS = timedelta(milliseconds=1)
_IN_QUEUE = ("sent", "delayed", "delivered", "duplicated")


@dataclass(slots=True)
class _Work:
    """A transaction that is open, or prepared. `since` is None while it stands still before its BEGIN."""

    lane: str
    name: str
    kind: str
    begun: datetime
    since: datetime | None
    span: str = ""


class Meter:
    """The measures after the events fed so far."""

    def __init__(self, run: RunFacts, plan: PlanLike) -> None:
        self._lanes = [lane for lane in locking() if lane in plan.lanes]
        self._strip = Strip(run.amount, lossy=plan.may_lose)
        self._deliveries = Deliveries()
        self._start: datetime | None = None
        self._last: datetime | None = None
        self._open: dict[int, _Work] = {}  # by the number of the event that began it
        self._held: dict[str, _Work] = {}  # by lane: it voted yes
        self._begun: list[EventLike] = []
        self._gap: datetime | None = None  # since when it is as `_gap_kind` says
        self._gap_kind = ""
        self._intervals: list[Interval] = []
        self._instants: list[Instant] = []
        self._sent = self._lost = self._commits = self._attempts = 0
        self._over = False

    def feed(self, event: EventLike) -> None:
        data: dict[str, Any] = event.data if isinstance(event.data, dict) else {}
        self._start = self._start or event.at
        self._last = event.at
        self._deliveries.feed(event)
        self._attempts = max(self._attempts, self._deliveries.attempt(event))
        if event.kind == "step":
            self._step(event, data)
        elif event.kind == "fault":
            self._fault(event, data)
        elif event.kind == "hold":
            self._hold(event, str(data.get("point") or event.name))
        elif event.kind == "message":
            self._message(event, data)
        self._strip.feed(event)
        self._measure_gap(event)
        if event.kind == "finished":
            self._over = True
            self._instant("end", event)

    def read(self, until: datetime | None = None) -> Measures:
        """The measures at `until` (what is open goes on till then), or else at the last event."""
        if self._last is None:
            return Measures()
        end = self._last if until is None or self._over else max(until, self._last)
        torn = {seq: at for seq in self._open if (at := self._handled_anew(seq))}
        locked = [*(work for seq, work in self._open.items() if seq not in torn), *self._held.values()]
        intervals = [*self._intervals, *(self._interval(work.lane, work.kind, work.since, end) for work in locked)]
        intervals += [self._cut(self._open[seq], at) for seq, at in torn.items()]
        if self._gap:
            intervals.append(self._interval("money", self._gap_kind, self._gap, end))
        return Measures(
            intervals=tuple(one for one in intervals if one.ms > 0 or one.kind in FOR_EVER),
            instants=tuple(self._instants),
            locking=any(work.since for work in locked) and not self._over,
            gap_open=self._gap is not None,
            over=self._over,
            messages=self._sent,
            lost=self._lost,
            commits=self._commits,
            attempts=self._attempts,
            latency_ms=self._offset(end),
        )

    # --- locks ----------------------------------------------------------------------------------------------------

    def _step(self, event: EventLike, data: dict[str, Any]) -> None:
        if event.phase in ("commit", "rollback") and data.get("found") is not False:  # False: it was finished before
            self._commits += event.phase == "commit"
            self._instant(event.phase, event)
        if event.lane not in self._lanes:
            return
        if event.phase == "begin":
            if event.lane not in self._held:  # what is prepared is locked already
                kind = "comp" if data.get("compensates") else "open"
                self._open[event.seq] = _Work(event.lane, event.name, kind, event.at, event.at, event.span_id)
                self._begun.append(event)
            return
        self._close(event.caused_by or 0, event.at)
        if event.phase == "prepared":
            self._held.setdefault(event.lane, _Work(event.lane, event.name, "held", event.at, event.at))
        elif event.phase in ("commit", "rollback", "nothing"):
            held = self._held.get(event.lane)
            if held and held.name != event.name:
                self._intervals.append(self._interval(held.lane, held.kind, held.since, event.at))
                del self._held[event.lane]

    def _handled_anew(self, begun: int) -> datetime | None:
        """When the same step was begun for a repeated delivery: who was at it before and has said nothing more was
        killed by then."""
        work = self._open[begun]
        same = (one for one in self._begun if one.seq > begun and (one.lane, one.name) == (work.lane, work.name))
        return next((one.at for one in same if self._deliveries.is_anew(work.span, one)), None)

    def _cut(self, work: _Work, at: datetime) -> Interval:
        return self._interval(work.lane, work.kind, work.since, at)

    def _close(self, begun: int, at: datetime) -> None:
        work = self._open.pop(begun, None)
        if work:
            self._intervals.append(self._cut(work, at))

    def _fault(self, event: EventLike, data: dict[str, Any]) -> None:
        self._instant("fault", event)
        if event.name == "crash":  # the database rolls back what its client left behind
            self._close(event.caused_by or 0, event.at)
        elif event.name == "delay" and str(data.get("at")).endswith(BEFORE_BEGIN):
            self._stand(event, event.at + timedelta(milliseconds=float(data.get("ms") or 0)))

    def _hold(self, event: EventLike, point: str) -> None:
        if point.endswith(BEFORE_BEGIN):
            self._stand(event, event.at if event.phase == "released" else None)

    def _stand(self, event: EventLike, since: datetime | None) -> None:
        """A step that stands still before its transaction begins holds nothing meanwhile."""
        if event.caused_by in self._open:
            self._open[event.caused_by].since = since

    # --- all else -------------------------------------------------------------------------------------------------

    def _measure_gap(self, event: EventLike) -> None:
        kind = _gap_of(self._strip.now)
        if kind == self._gap_kind:
            return
        if self._gap is not None:
            self._intervals.append(self._interval("money", self._gap_kind, self._gap, event.at))
        self._gap, self._gap_kind = (event.at if kind else None), kind

    def _message(self, event: EventLike, data: dict[str, Any]) -> None:
        if event.phase in _IN_QUEUE:
            self._sent += max(int(data.get("copies") or 1), 1)
            self._instant("message", event)
        elif event.phase in ("lost", "dropped"):
            self._lost += 1
            if event.phase == "lost" and event.error:  # it was written down as sent; the broker did not take it
                self._sent = max(0, self._sent - 1)
            self._instant("lost", event)

    def _instant(self, kind: str, event: EventLike) -> None:
        self._instants.append(Instant(self._offset(event.at), kind, event.lane))

    def _offset(self, at: datetime) -> float:
        return (at - self._start) / MS if self._start else 0.0

    def _interval(self, lane: str, kind: str, since: datetime | None, end: datetime) -> Interval:
        start = self._offset(since or end)
        return Interval(lane, kind, start, max(start, self._offset(end)))


def _gap_of(money: Money) -> str:
    """What of the money does not add up: the picture's own words for it."""
    if money.missing or money.overpaid:
        return "lost" if money.missing else "twice"
    return "gap" if money.gap > 0 else "early" if money.gap < 0 else ""


def measure(run: RunFacts, plan: PlanLike, events: Iterable[EventLike], until: datetime | None = None) -> Measures:
    """The measures of a whole log."""
    meter = Meter(run, plan)
    for event in events:
        meter.feed(event)
    return meter.read(until)
