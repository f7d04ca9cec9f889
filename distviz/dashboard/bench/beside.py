"""What was measured in turn with the protocols, as the page shows it: medians side by side, and how many times."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from distviz.bench.models import Result
from distviz.bench.rounds import LATENCY, THROUGHPUT, Row
from distviz.story.words import wording
from protocols.registry import PROTOCOLS

FLOOR = "floor"
NAMES: dict[str, str | Promise] = {
    FLOOR: gettext_lazy("floor"),
    "celery": gettext_lazy("bare Celery chain"),
    "relay": gettext_lazy("messages published per second by one relay"),
    "append": gettext_lazy("events appended per second"),
    "fold": gettext_lazy("events folded per second"),
}


@dataclass(frozen=True)
class Pair:
    """One protocol and its floor. Widths in percent of the longest bar."""

    protocol: str
    own: str
    floor: str
    times: str
    width: str
    floor_width: str


@dataclass(frozen=True)
class PeerGroup:
    """Things that do the same, the lab first."""

    title: str
    note: str
    lines: list[tuple[str, str, str, str]]  # name, figure, how many times the lab is it, width


@dataclass(frozen=True)
class BesideFigures:
    latency: list[Pair] = field(default_factory=list)
    throughput: list[Pair] = field(default_factory=list)
    groups: list[PeerGroup] = field(default_factory=list)
    unable: list[Row] = field(default_factory=list)

    @property
    def both(self) -> list[tuple[Pair, Pair]]:
        return list(zip(self.latency, self.throughput, strict=True))

    @property
    def any(self) -> bool:
        return bool(self.latency or self.groups or self.unable)


def read(result: Result | None) -> BesideFigures:
    if result is None or not result.beside:
        return BesideFigures()
    there = [row for row in result.beside if "error" not in row]
    return BesideFigures(
        _pairs(result, there, LATENCY, duration),
        _pairs(result, there, THROUGHPUT, rate),
        [*_sagas(result, there), *_rates(there)],
        [row for row in result.beside if "error" in row],
    )


def _pairs(result: Result, there: Sequence[Row], what: str, say: Any) -> list[Pair]:
    floors = {row["of"]: row.get(what) or 0 for row in there if row["name"] == FLOOR}
    own = {row["protocol"]: row.get(what) or 0 for row in result.rows if row["protocol"] in floors}
    most = max([*floors.values(), *own.values(), 0]) or 1
    return [
        Pair(
            key, say(value), say(floors[key]), _times(value, floors[key]), _wide(value, most), _wide(floors[key], most)
        )
        for key, value in own.items()
    ]


def _sagas(result: Result, there: Sequence[Row]) -> list[PeerGroup]:
    """Whatever else does the withdrawal of a protocol."""
    made = []
    for row in result.rows:
        others = [one for one in there if one.get("of") == row["protocol"] and one["name"] != FLOOR]
        if others:
            key = row["protocol"]
            short = PROTOCOLS[key].short if key in PROTOCOLS else key
            title = _("%(protocol)s beside others") % {"protocol": short}
            mine = {"name": "distviz", **row}
            made.append(_group(title, _("runs per second; more is better"), [mine, *others]))
    return made


def _rates(there: Sequence[Row]) -> list[PeerGroup]:
    names = dict.fromkeys(row["rate"] for row in there if "rate" in row)
    return [
        _group(str(NAMES.get(name, name)), _("more is better"), [row for row in there if row.get("rate") == name])
        for name in names
    ]


def _group(title: str, note: str, rows: Sequence[Row]) -> PeerGroup:
    figures = [row.get(THROUGHPUT) or 0 for row in rows]
    most = max([*figures, 0]) or 1
    lines = [
        (str(NAMES.get(row["name"], row["name"])), rate(n), _times(figures[0], n) if place else "", _wide(n, most))
        for place, (row, n) in enumerate(zip(rows, figures, strict=True))
    ]
    return PeerGroup(title, note, lines)


def duration(ms: float) -> str:
    """To a tenth where a millisecond is much."""
    return wording.duration(ms) if ms >= 10 else _("%(n)s ms") % {"n": _number(ms, 1)}


def rate(value: float) -> str:
    return _("%(n)s / s") % {"n": _number(value, 1 if value < 1000 else 0)}


def _times(one: float, other: float) -> str:
    return f"×{_number(one / other, 1 if one >= other else 2)}" if one and other else "—"


def _number(value: float, digits: int) -> str:
    """Django cuts what is too long off; this rounds."""
    return str(formats.number_format(round(value, digits), digits))


def _wide(value: float, most: float) -> str:
    return f"{100 * value / most:.2f}%"
