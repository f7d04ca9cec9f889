"""A run, or a plan, drawn very small: the same cells and arrows as the picture, every one at the same height.

Only percentages and fixed marks, so that a long run and a short one fill the same box.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from distviz.story.picture.cells import LaneCell
from distviz.story.picture.ghosts import Arrow, used_lanes
from distviz.story.shapes import PlanLike

MARKS = {"commit", "rollback", "prepared", "torn", "torn-begin", "spark"}


class MiniatureRow(Protocol):
    """A row of a picture or of a plan."""

    @property
    def cells(self) -> Sequence[LaneCell]: ...
    @property
    def arrow(self) -> Arrow | None: ...


@dataclass(frozen=True, slots=True)
class MiniBar:
    css: str
    x: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Flight:
    """A message: from `x1` to `x2`; a lost one does not arrive."""

    css: str
    x1: str
    x2: str
    y: str


@dataclass(frozen=True, slots=True)
class MiniJoint:
    css: str
    x: str
    y: str


@dataclass
class Miniature:
    """Everything in percent of the box."""

    lanes: list[str]
    bars: list[MiniBar] = field(default_factory=list)
    flights: list[Flight] = field(default_factory=list)
    joints: list[MiniJoint] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Drawn:
    cells: Sequence[LaneCell] = ()
    arrow: Arrow | None = None


def textbook(plan: PlanLike) -> list[MiniatureRow]:
    """The happy path of a protocol that has not been run yet, by the same shapes as a run."""
    lanes = used_lanes(plan)
    drawn: list[MiniatureRow] = [_Drawn(arrow=Arrow("client", "api", "command"))]
    for step in plan.steps:
        if step.compensation:
            continue
        if step.kind == "message":
            drawn.append(_Drawn(arrow=Arrow(step.lane, step.to, "command" if step.lane == "api" else "event")))
        else:
            halves = LaneCell(step.lane, "", "open", "begin"), LaneCell(step.lane, "open", "", "commit")
            drawn += [_Drawn([half if lane == step.lane else LaneCell(lane) for lane in lanes]) for half in halves]
    return drawn


def draw(lines: Iterable[MiniatureRow], lanes: Sequence[str]) -> Miniature:
    rows = list(lines)
    across = {lane: _percent((place + 0.5) / len(lanes)) for place, lane in enumerate(lanes)}
    down = [(number + 0.5) / max(len(rows), 1) for number in range(len(rows))]
    made = Miniature(list(across.values()))
    since: dict[tuple[str, int], tuple[str, float]] = {}
    for y, row in zip(down, rows, strict=True):
        bars = {(bar.lane, bar.slot): bar for cell in row.cells for bar in cell.bars}
        for place in {**since, **bars}:
            bar = bars.get(place, LaneCell(place[0], slot=place[1]))
            kind = _kind(bar)
            open_kind, start = since.get(place, ("", y))
            if open_kind and open_kind != kind:
                made.bars.append(MiniBar(open_kind, across[bar.lane], _percent(start), _percent(y - start)))
                del since[place]
            if kind and kind != open_kind:
                since[place] = (kind, y)
            if bar.joint in MARKS:
                made.joints.append(MiniJoint(f"{bar.joint}{_beside(bar)}", across[bar.lane], _percent(y)))
        if row.arrow and row.arrow.src in across and row.arrow.dst in across:
            made.flights.append(_flight(row.arrow, lanes, across, y))
    for (lane, _slot), (kind, start) in since.items():  # still open: to the bottom
        made.bars.append(MiniBar(f"{kind} going", across[lane], _percent(start), _percent(1 - start)))
    return made


def _kind(bar: LaneCell) -> str:
    """Class names of the bar below the row."""
    return f"{bar.down}{' comp' if bar.compensation else ''}{_beside(bar)}" if bar.down else ""


def _beside(bar: LaneCell) -> str:
    return " beside" if bar.slot else ""


def _flight(arrow: Arrow, lanes: Sequence[str], across: dict[str, str], y: float) -> Flight:
    end = across[arrow.dst]
    if arrow.fate == "lost":
        begin, goal = (lanes.index(lane) for lane in (arrow.src, arrow.dst))
        end = _percent((begin + 0.5 * (goal - begin) + 0.5) / len(lanes))
    names = [arrow.form, *([arrow.fate] if arrow.fate else []), *(["back"] if arrow.back else [])]
    return Flight(" ".join(names), across[arrow.src], end, _percent(y))


def _percent(part: float) -> str:
    return f"{100 * part:.2f}%"
