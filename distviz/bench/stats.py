"""Figures from samples. Percentiles by nearest rank: each of them is a latency that some request really had."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The smallest value that at least `percent` of all do not exceed; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1]


def mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


@dataclass(frozen=True)
class Cost:
    """What one run cost, from its log."""

    locks_ms: float
    gap_ms: float
    for_ever: bool
    messages: int
    commits: int


@dataclass
class Sample:
    """Everything about the load on one protocol."""

    elapsed_s: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    late: int = 0  # not at their end when the bench stopped waiting
    refused: int = 0  # 429 or another answer that made no run

    def figures(self) -> dict[str, Any]:
        finished = len(self.latencies_ms)
        return {
            "runs": finished,
            "p50_ms": fine(percentile(self.latencies_ms, 50)),
            "p95_ms": fine(percentile(self.latencies_ms, 95)),
            "p99_ms": fine(percentile(self.latencies_ms, 99)),
            "per_second": fine(finished / self.elapsed_s if self.elapsed_s else None),
            "elapsed_s": rounded(self.elapsed_s),
        }

    def row(self, protocol: str, costs: Iterable[Cost], *, books: bool) -> dict[str, Any]:
        found = list(costs)
        return {
            "protocol": protocol,
            **self.figures(),
            "statuses": dict(self.statuses),
            "late": self.late,
            "refused": self.refused,
            "locks_p50_ms": rounded(percentile([cost.locks_ms for cost in found], 50)),
            "locks_p95_ms": rounded(percentile([cost.locks_ms for cost in found], 95)),
            "gap_p50_ms": rounded(percentile([cost.gap_ms for cost in found], 50)),
            "gap_p95_ms": rounded(percentile([cost.gap_ms for cost in found], 95)),
            "for_ever": sum(cost.for_ever for cost in found),
            "messages": rounded(mean([cost.messages for cost in found])),
            "commits": rounded(mean([cost.commits for cost in found])),
            "books": books,
        }


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def fine(value: float | None) -> float | None:
    """To a tenth, and to a hundredth below ten: what is measured beside the lab can be short."""
    return None if value is None else round(value, 1 if abs(value) >= 10 else 2)
