"""What a run cost, measured from its log: locks, the gap in the money, messages, commits, attempts, time.

A fold like the picture's: it knows no database and no clock. A lock is held for as long as its bar is open.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from distviz.dashboard.bars import OPEN, Bars
from distviz.dashboard.kinds import EventLike, PlanLike, RunFacts
from distviz.dashboard.strip import Strip

LOCKING = ("account", "payment", "read_model")  # PostgreSQL; MongoDB's single writes keep nobody waiting
BEFORE_BEGIN = (".before_tx", ".before_prepare")  # fault points of a step whose transaction is not open yet
_IN_QUEUE = ("sent", "delayed", "delivered", "duplicated")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time since the run began, in ms. `kind` is open, held, comp (of a lock), gap or lost."""

    lane: str
    kind: str
    start: float
    end: float

    @property
    def ms(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment: a message that leaves or is lost, a commit, a rollback, a fault, the end."""

    at: float
    kind: str
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Measures:
    """The numbers of one run, up to a moment."""

    spans: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()
    locking: bool = False
    gap_open: bool = False
    over: bool = False
    messages: int = 0
    lost: int = 0
    commits: int = 0
    attempts: int = 0
    latency_ms: float = 0

    def locks(self, lane: str = "") -> float:
        """For how long locks were held, in all databases together or in one lane."""
        return sum(s.ms for s in self.spans if s.lane in LOCKING and lane in ("", s.lane))

    @property
    def gap_ms(self) -> float:
        """For how long what was taken was not what was paid."""
        return sum(span.ms for span in self.spans if span.lane == "money")

    @property
    def for_ever(self) -> bool:
        """The run is over, and the gap was never closed."""
        return self.over and self.gap_open


class Meter:
    """The measures after the events fed so far."""

    def __init__(self, run: RunFacts, plan: PlanLike) -> None:
        self._bars = Bars([lane for lane in LOCKING if lane in plan.lanes])
        self._strip = Strip(run.amount, lossy=False)
        self._start: datetime | None = None
        self._last: datetime | None = None
        self._open: dict[str, tuple[str, datetime]] = {}
        self._standing: set[str] = set()  # lanes that are held before their transaction
        self._spans: list[Span] = []
        self._marks: list[Mark] = []
        self._sent = self._lost = self._commits = self._attempts = 0
        self._over = False

    def feed(self, event: EventLike) -> None:
        data: dict[str, Any] = event.data if isinstance(event.data, dict) else {}
        self._start = self._start or event.at
        self._last = event.at
        self._attempts = max(self._attempts, event.attempt)
        self._bars.feed(event)
        for cell in self._bars.now():
            self._turn(cell.lane, "comp" if cell.compensation and cell.down == OPEN else cell.down, event.at)
        if event.kind == "fault":
            self._mark("fault", event)
            self._not_yet(event, str(data.get("at") or ""), data)
        elif event.kind == "hold":
            self._hold(event, str(data.get("point") or event.name))
        elif event.kind == "step" and event.phase in ("commit", "rollback"):
            self._commits += event.phase == "commit"
            self._mark(event.phase, event)
        elif event.kind == "message":
            self._message(event, data)
        self._strip.feed(data.get("money"), data.get("money") if event.kind == "finished" else None)
        self._turn("money", "gap" if self._strip.now.gap else "", event.at)
        if event.kind == "finished":
            self._over = True
            if "money" in self._open:  # what nobody closes any more was lost from its beginning
                self._open["money"] = ("lost", self._open["money"][1])
            self._mark("end", event)

    def read(self, until: datetime | None = None) -> Measures:
        """The measures at `until` (what is open goes on till then), or else at the last event."""
        end = until if until and not self._over else self._last
        if end is None or self._last is None:
            return Measures()
        end = max(end, self._last)
        going = [self._span(lane, kind, since, end) for lane, (kind, since) in self._open.items()]
        return Measures(
            spans=tuple(span for span in (*self._spans, *going) if span.ms > 0),
            marks=tuple(self._marks),
            locking=any(lane != "money" for lane in self._open) and not self._over,
            gap_open="money" in self._open,
            over=self._over,
            messages=self._sent,
            lost=self._lost,
            commits=self._commits,
            attempts=self._attempts,
            latency_ms=self._offset(end),
        )

    # --- one event ------------------------------------------------------------------------------------------------

    def _turn(self, lane: str, kind: str, at: datetime) -> None:
        """The lane's lock, or the gap, is `kind` from here on."""
        was, since = self._open.get(lane, ("", at))
        if was == kind:
            return
        if was:
            self._spans.append(self._span(lane, was, since, at))
            self._standing.discard(lane)
            del self._open[lane]
        if kind:
            self._open[lane] = (kind, at)

    def _not_yet(self, event: EventLike, point: str, data: dict[str, Any]) -> None:
        """A step that is slowed down before its transaction begins holds nothing meanwhile."""
        kind, _since = self._open.get(event.lane, ("", event.at))
        if event.name == "delay" and kind in (OPEN, "comp") and point.endswith(BEFORE_BEGIN):
            self._open[event.lane] = (kind, event.at + timedelta(milliseconds=float(data.get("ms") or 0)))

    def _hold(self, event: EventLike, point: str) -> None:
        kind, _since = self._open.get(event.lane, ("", event.at))
        if kind not in (OPEN, "comp") or not point.endswith(BEFORE_BEGIN):
            return
        if event.phase == "held":
            self._standing.add(event.lane)
        else:
            self._standing.discard(event.lane)
            self._open[event.lane] = (kind, event.at)

    def _message(self, event: EventLike, data: dict[str, Any]) -> None:
        if event.phase in _IN_QUEUE:
            self._sent += max(int(data.get("copies") or 1), 1)
            self._mark("message", event)
        elif event.phase in ("lost", "dropped"):
            self._lost += 1
            if event.phase == "lost" and event.error:  # it was written down as sent; the broker did not take it
                self._sent = max(0, self._sent - 1)
            self._mark("lost", event)

    def _mark(self, kind: str, event: EventLike) -> None:
        self._marks.append(Mark(self._offset(event.at), kind, event.lane))

    def _offset(self, at: datetime) -> float:
        return (at - self._start).total_seconds() * 1000 if self._start else 0.0

    def _span(self, lane: str, kind: str, since: datetime, end: datetime) -> Span:
        start, stop = self._offset(since), self._offset(end)
        return Span(lane, kind, start, start if lane in self._standing else max(start, stop))


def measure(run: RunFacts, plan: PlanLike, events: Iterable[EventLike], until: datetime | None = None) -> Measures:
    """The measures of a whole log."""
    meter = Meter(run, plan)
    for event in events:
        meter.feed(event)
    return meter.read(until)
