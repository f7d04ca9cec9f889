"""What a run cost, measured from its log: locks, the gap in the money, messages, commits, attempts, time.

A fold like the picture's: it knows no database and no clock. Locks are held from a step's BEGIN (in the log: its begin,
or the end of a delay before it) to its COMMIT, ROLLBACK or death; what is prepared holds them until the decision.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from distviz.story.money_strip import Strip
from distviz.story.shapes import EventLike, PlanLike, RunFacts, locking

BEFORE_BEGIN = (".before_tx", ".before_prepare")  # fault points of a step whose transaction is not open yet
MS = timedelta(milliseconds=1)
_IN_QUEUE = ("sent", "delayed", "delivered", "duplicated")


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time since the run began, in ms. `kind` is open, held, comp (of a lock), gap or lost."""

    lane: str
    kind: str
    start: float
    end: float

    @property
    def ms(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time: a message that leaves or is lost, a commit, a rollback, a fault, the end."""

    at: float
    kind: str
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Measures:
    """The numbers of one run, up to a time."""

    intervals: tuple[Interval, ...] = ()
    instants: tuple[Instant, ...] = ()
    locking: bool = False
    gap_open: bool = False
    over: bool = False
    messages: int = 0
    lost: int = 0
    commits: int = 0
    attempts: int = 0
    latency_ms: float = 0

    def locks(self, lane: str = "") -> float:
        """For how long locks were held, in one lane or, added up, in all of them."""
        lanes = [lane] if lane else locking()
        return sum(_covered([interval for interval in self.intervals if interval.lane == one]) for one in lanes)

    @property
    def gap_ms(self) -> float:
        """For how long what was taken was not what was paid."""
        return sum(interval.ms for interval in self.intervals if interval.lane == "money")

    @property
    def for_ever(self) -> bool:
        """The run is over, and the gap was never closed."""
        return self.over and self.gap_open


def _covered(intervals: list[Interval]) -> float:
    """Two attempts at the same time hold a row once."""
    total, reached = 0.0, float("-inf")
    for interval in sorted(intervals, key=lambda one: one.start):
        total += max(0.0, interval.end - max(interval.start, reached))
        reached = max(reached, interval.end)
    return total


@dataclass(slots=True)
class _Work:
    """A transaction that is open, or prepared. `since` is None while it stands still before its BEGIN."""

    lane: str
    name: str
    kind: str
    begun: datetime
    since: datetime | None


class Meter:
    """The measures after the events fed so far."""

    def __init__(self, run: RunFacts, plan: PlanLike) -> None:
        self._lanes = [lane for lane in locking() if lane in plan.lanes]
        self._strip = Strip(run.amount, lossy=False)
        self._start: datetime | None = None
        self._last: datetime | None = None
        self._open: dict[int, _Work] = {}  # by the number of the event that began it
        self._held: dict[str, _Work] = {}  # by lane: it voted yes
        self._gap: datetime | None = None
        self._intervals: list[Interval] = []
        self._instants: list[Instant] = []
        self._sent = self._lost = self._commits = self._attempts = 0
        self._over = False

    def feed(self, event: EventLike) -> None:
        data: dict[str, Any] = event.data if isinstance(event.data, dict) else {}
        self._start = self._start or event.at
        self._last = event.at
        self._attempts = max(self._attempts, event.attempt)
        if event.kind == "step":
            self._step(event, data)
        elif event.kind == "fault":
            self._fault(event, data)
        elif event.kind == "hold":
            self._hold(event, str(data.get("point") or event.name))
        elif event.kind == "message":
            self._message(event, data)
        self._strip.feed(data.get("money"), data.get("money") if event.kind == "finished" else None)
        self._measure_gap(event)
        if event.kind == "finished":
            self._over = True
            self._instant("end", event)

    def read(self, until: datetime | None = None) -> Measures:
        """The measures at `until` (what is open goes on till then), or else at the last event."""
        if self._last is None:
            return Measures()
        end = self._last if until is None or self._over else max(until, self._last)
        locked = [*self._open.values(), *self._held.values()]
        intervals = [*self._intervals, *(self._interval(work.lane, work.kind, work.since, end) for work in locked)]
        if self._gap:
            # What will not be closed any more was lost from its beginning.
            intervals.append(self._interval("money", "lost" if self._over else "gap", self._gap, end))
        return Measures(
            intervals=tuple(interval for interval in intervals if interval.ms > 0),
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
        if event.phase in ("commit", "rollback"):
            self._commits += event.phase == "commit"
            self._instant(event.phase, event)
        if event.lane not in self._lanes:
            return
        if event.phase == "begin":
            if event.lane not in self._held:  # what is prepared is locked already
                kind = "comp" if data.get("compensates") else "open"
                self._open[event.seq] = _Work(event.lane, event.name, kind, event.at, event.at)
            return
        work = self._close(event.caused_by or 0, event.at)
        if event.phase == "prepared":
            self._held.setdefault(event.lane, _Work(event.lane, event.name, "held", event.at, event.at))
        elif event.phase in ("commit", "rollback"):
            held = self._held.get(event.lane)
            if held and held.name != event.name:
                self._intervals.append(self._interval(held.lane, held.kind, held.since, event.at))
                del self._held[event.lane]
        if work and event.phase not in ("rollback", "failed"):
            self._torn(work)

    def _torn(self, done: _Work) -> None:
        """Another attempt at the same step has made it: who was at it before and said nothing more was killed."""
        for seq, work in list(self._open.items()):
            if (work.lane, work.name) == (done.lane, done.name) and work.begun < done.begun:
                self._close(seq, done.begun)

    def _close(self, begun: int, at: datetime) -> _Work | None:
        work = self._open.pop(begun, None)
        if work:
            self._intervals.append(self._interval(work.lane, work.kind, work.since, at))
        return work

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
        if self._strip.now.gap and self._gap is None:
            self._gap = event.at
        elif not self._strip.now.gap and self._gap is not None:
            self._intervals.append(self._interval("money", "gap", self._gap, event.at))
            self._gap = None

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


def measure(run: RunFacts, plan: PlanLike, events: Iterable[EventLike], until: datetime | None = None) -> Measures:
    """The measures of a whole log."""
    meter = Meter(run, plan)
    for event in events:
        meter.feed(event)
    return meter.read(until)
