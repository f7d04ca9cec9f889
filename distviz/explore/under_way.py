"""A try that is to come, and one under way."""

from dataclasses import dataclass, field

from distviz.explore.failures import Failure
from distviz.explore.kinds import BOTH, COPY, RIVAL
from distviz.trace.models import Run

SENT = 2  # events of a run whose request has left and was not received yet


Turn = tuple[str, list[str]]  # what was delivered, and what could have been instead


@dataclass(frozen=True)
class Wanted:
    """A try that is still to come. `order`: which parked message is delivered at each turn, by its name."""

    number: int
    kind: str
    failures: tuple[Failure, ...] = ()
    order: tuple[str, ...] = ()

    @property
    def rival(self) -> bool:
        """Whether a second withdrawal is made while the first is held."""
        return self.kind in (RIVAL, BOTH)

    @property
    def copy(self) -> bool:
        """Whether a copy of its message is handled meanwhile."""
        return self.kind == COPY


@dataclass
class Going:
    """A try under way."""

    wanted: Wanted
    run: Run
    account: str
    began: float
    rival: Run | None = None
    heard: tuple[int, float] = (0, 0.0)  # of who comes meanwhile: the newest event, and when that was seen
    copied: bool = False  # the copy has been received, too
    stands_since: float | None = None
    doubted: bool = False
    retried: int = 0
    turns: list[Turn] = field(default_factory=list)

    @property
    def runs(self) -> list[Run]:
        return [self.run, *([self.rival] if self.rival else [])]

    def hear(self, now: float) -> None:
        heard = self.run if self.wanted.copy else self.rival
        if heard and heard.seq != self.heard[0]:
            self.heard = heard.seq, now

    def stands(self, now: float, silent_s: float) -> bool:
        """Who came meanwhile is over, or has been received and tells nothing any more: it waits, as for a row. A copy
        tells of its work in the log of the run."""
        silent = now - self.heard[1] > silent_s
        if self.wanted.copy:
            return self.copied and silent
        return self.rival is not None and (self.rival.finished_at is not None or (self.rival.seq > SENT and silent))

    @property
    def over(self) -> bool:
        return all(run.finished_at for run in self.runs)

    @property
    def next(self) -> Run:
        """The one that may have to be helped on."""
        return next((run for run in self.runs if run.finished_at is None), self.run)
