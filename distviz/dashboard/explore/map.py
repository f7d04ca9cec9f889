"""The map as the page shows it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from distviz.dashboard.explore import examples, words
from distviz.explore import chart, checklist, ends, telling
from distviz.explore.failures import Failure
from distviz.explore.kinds import COPY, MEANWHILE, ORDER, SINGLE, counterexamples
from distviz.explore.models import RUNNING, Exploration, Try
from distviz.story.words import points
from protocols import registry
from protocols.catalogue import Protocol


@dataclass(frozen=True)
class ShownMark:
    """A cell: what it says, where it leads."""

    mark: chart.Mark
    done: str
    says: str
    icon: str
    run: str
    behind: str  # the map of the second failures


@dataclass(frozen=True)
class ShownItem:
    """One of the checklist: what its box shows, and the smallest failure that speaks against it."""

    item: checklist.Item
    icon: str
    says: str
    example: examples.Example | None


@dataclass(frozen=True)
class Tally:
    end: str
    says: str
    icon: str
    n: int


def shown(exploration: Exploration, first: Failure | None) -> dict[str, Any]:
    """Everything of one exploration. With `first`, its map is of the second failures."""
    tries, protocol = list(exploration.tries.defer("met", "order")), registry.get(exploration.protocol)
    parts = chart.parts(protocol, tries, _met(exploration, first), exploration.attempts, first)
    return {
        "exploration": exploration,
        "protocol": protocol,
        "running": exploration.state == RUNNING,
        "done": len(tries),
        "first": first,
        "first_says": words.failure(first) if first else "",
        "heads": [(key, words.done(key)) for key in chart.DONE],
        "no_return_says": words.no_return(),
        "no_return": chart.no_return(parts) if first is None else "",
        "parts": [_part(exploration, protocol, part) for part in parts],
        "tally": _tally(tries),
        "unmet": sum(not one.fired for one in tries),
        "orders": sum(one.kind == ORDER for one in tries),
        "rivals": sum(one.kind in MEANWHILE and one.kind != COPY for one in tries),
        "copies": sum(one.kind == COPY for one in tries),
        "pairs": sum(len(one.failures) == 2 for one in tries),
        "checklist": [_item(exploration, one) for one in checklist.of(exploration, tries)],
        "keeps": telling.keeps(exploration, tries),
        "examples": [examples.of(exploration, one) for one in counterexamples(tries)],
        "unknown": [(one, words.failures(one.what)) for one in tries if one.end == ends.UNKNOWN],
    }


def first_of(text: str) -> Failure | None:
    """`payment.in_tx:crash:4` → the failure; None for what is none."""
    at, _colon, rest = text.partition(":")
    do, _colon, times = rest.partition(":")
    if not (at and do and (times or "1").isdecimal() and len(times) < 3):
        return None
    return Failure(at, do, int(times or 1))


def _met(exploration: Exploration, first: Failure | None) -> list[str]:
    """The points of the map: those of a fine run, or of the run that had the first failure."""
    if first is None:
        return list(exploration.met)
    single = exploration.tries.filter(kind=SINGLE, failures=[first.as_list()]).first()
    return [point for point in single.met if point != first.at] if single else []


def _part(exploration: Exploration, protocol: Protocol, part: chart.PathPart) -> dict[str, Any]:
    step = part.step
    lanes = [str(protocol.lanes[lane]) for lane in (step.lane, step.to) if lane] if step else []
    lines = [
        {
            "place": points.moment(line.point),
            "point": line.point,
            "dies": line.dies,
            "dies_says": words.money(line.dies),
            "marks": _marks(exploration, line),
        }
        for line in part.lines
    ]
    return {"step": step, "where": " → ".join(lanes), "lines": lines}


def _marks(exploration: Exploration, line: chart.PointLine) -> list[ShownMark | None]:
    return [_mark(exploration, mark) if mark else None for mark in line.marks]


def _mark(exploration: Exploration, mark: chart.Mark) -> ShownMark:
    tried = mark.tried
    return ShownMark(
        mark=mark,
        done=words.done(mark.failure.cell[0]),
        says=f"{words.failure(mark.failure)}: {words.end(mark.end)}",
        icon=words.ICONS.get(mark.end, ""),
        run=reverse("dashboard:run", args=[tried.run_id]) if tried else "",
        behind=f"?{urlencode({'result': exploration.pk, 'first': str(mark.failure)})}" if mark.pairs else "",
    )


def _item(exploration: Exploration, one: checklist.Item) -> ShownItem:
    example = examples.of(exploration, one.failure) if one.failure else None
    return ShownItem(one, words.BOXES[one.state], words.ticked(one.state), example)


def _tally(tries: Sequence[Try]) -> list[Tally]:
    found = Counter(one.end for one in tries if one.fired)
    return [Tally(end, words.end(end), words.ICONS[end], found[end]) for end in ends.ENDS]
