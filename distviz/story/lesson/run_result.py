"""What a scenario's answers may ask of its runs: how they ended, what the books hold, what the log says happened."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from distviz.story.shapes import EventLike


def matches(event: EventLike, pattern: str) -> bool:
    """`kind/phase/name@lane`, from the left as much as one cares for: `step/commit/refund`, `retry//@account`."""
    what, _at, lane = pattern.partition("@")
    found = (event.kind, event.phase, event.name)
    return (not lane or event.lane == lane) and all(
        not part or part == value for part, value in zip(what.split("/"), found, strict=False)
    )


@dataclass(frozen=True)
class RunResult:
    """One run. `taken` and `paid` are sums of the services' own rows."""

    run_id: UUID
    status: str
    verdict: str
    taken: Decimal
    paid: Decimal
    events: Sequence[EventLike] = field(default=(), repr=False)

    def all(self, pattern: str) -> Iterator[EventLike]:
        return (event for event in self.events if matches(event, pattern))

    def first(self, pattern: str) -> EventLike | None:
        return next(self.all(pattern), None)

    def last(self, pattern: str) -> EventLike | None:
        return next((event for event in reversed(self.events) if matches(event, pattern)), None)

    def has(self, pattern: str) -> bool:
        return self.first(pattern) is not None

    def count(self, pattern: str) -> int:
        return sum(1 for _event in self.all(pattern))

    def at(self, pattern: str) -> datetime | None:
        found = self.first(pattern)
        return found.at if found else None

    @property
    def over(self) -> bool:
        """Nothing more happens of itself: it has ended, or it waits (or has waited) for manual action."""
        return self.has("finished") or self.has("attention/raised")

    @property
    def lost(self) -> bool:
        return self.verdict == "money_lost" and self.taken > self.paid

    @property
    def untouched(self) -> bool:
        """Nothing is gone and nothing was refunded."""
        return self.taken == 0 and not self.refunded

    @property
    def refunded(self) -> bool:
        return self.has("step/commit/refund")

    @property
    def paid_once(self) -> bool:
        return 0 < self.paid == self.taken

    @property
    def paid_twice(self) -> bool:
        return self.paid > self.taken > 0

    @property
    def waits(self) -> list[int]:
        """The back-off before each further attempt, in ms."""
        return [int((event.data or {}).get("wait_ms") or 0) for event in self.all("retry/scheduled")]

    def ms_between(self, earlier: str, later: str) -> float:
        """From the first event of the one kind to the first of the other; endless if there is none."""
        a, b = self.at(earlier), self.at(later)
        return (b - a).total_seconds() * 1000 if a and b else float("inf")


class Case(Mapping[str, RunResult]):
    """The runs of one lesson by their keys. Two requests may have led to the same run."""

    def __init__(self, results: Mapping[str, RunResult]) -> None:
        self._results = dict(results)

    def __getitem__(self, key: str) -> RunResult:
        return self._results[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    @property
    def it(self) -> RunResult:
        return self._results["it"]

    @property
    def over(self) -> bool:
        return all(result.over for result in self.values())

    def taken(self, *keys: str) -> Decimal:
        """Taken by all of these requests together; a run that two of them share counts once."""
        return sum({self[key].run_id: self[key].taken for key in keys}.values(), Decimal(0))
