"""What is measured of a run: stretches of time, points in time, and the numbers made of them."""

from dataclasses import dataclass

from distviz.story.shapes import locking

FOR_EVER = ("lost", "twice")  # nobody will put that right


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time since the run began, in ms. `kind` is open, held, comp (of a lock); or of the money: gap (taken
    and not yet paid), early (paid and not yet taken), lost, twice."""

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
