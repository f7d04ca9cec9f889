"""Several rounds of one thing as one row, and how many times one row is another."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from distviz.bench.stats import fine

SUMS = {"runs", "late", "refused", "for_ever"}
LATENCY, THROUGHPUT = "p50_ms", "per_second"
Row = dict[str, Any]


def merged(rows: Sequence[Row]) -> Row:
    """Medians of the figures, sums of what is counted, the books if they held every time."""
    if len(rows) == 1:
        return dict(rows[0])
    names = dict.fromkeys(name for row in rows for name in row)
    made = {name: _together(name, [row.get(name) for row in rows]) for name in names}
    return made | {"rounds": [{name: row.get(name) for name in (LATENCY, THROUGHPUT) if name in row} for row in rows]}


def _together(name: str, values: list[Any]) -> Any:
    there = [value for value in values if value is not None]
    if not there or isinstance(there[0], str):
        return there[0] if there else None
    if isinstance(there[0], bool):
        return all(there)
    if isinstance(there[0], Mapping):
        return dict(sum((Counter(value) for value in there), Counter()))
    return sum(there) if name in SUMS else fine(median(there))


def ratio(one: Any, other: Any) -> float | None:
    """How many times the other; None where there is nothing to divide."""
    if not one or not other:
        return None
    return float(f"{float(one) / float(other):.3g}")


def compared(rows: Iterable[Row], beside: Iterable[Row]) -> list[Row]:
    """[{of, to, what, times}]: latency over the floor's (less is better), throughput over the others' (more is)."""
    mine = {row["protocol"]: row for row in rows}
    made: list[Row] = []
    for other in beside:
        of, to = other.get("of", ""), other["name"]
        if other.get("error"):
            continue
        if "rate" in other:
            if other.get("peer"):
                own = next((row for row in beside if row.get("rate") == other["rate"] and not row.get("peer")), {})
                made.append(_line(other["rate"], to, other["rate"], own.get(THROUGHPUT), other.get(THROUGHPUT)))
        elif of in mine:
            made.append(_line(of, to, LATENCY, mine[of].get(LATENCY), other.get(LATENCY)))
            made.append(_line(of, to, THROUGHPUT, mine[of].get(THROUGHPUT), other.get(THROUGHPUT)))
    return [line for line in made if line["times"] is not None]


def _line(of: str, to: str, what: str, one: Any, other: Any) -> Row:
    return {"of": of, "to": to, "what": what, "times": ratio(one, other)}
