"""What a template needs to draw one event: no logic there, all of it here."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from distviz.story.money_strip import PARTS, TOLD, Money
from distviz.story.picture.cells import HELD, LaneCell
from distviz.story.picture.ghosts import Arrow, used_lanes
from distviz.story.picture.parts import Part, names, part_names
from distviz.story.shapes import LANES, PlanLike, locking
from distviz.story.words import wording
from distviz.story.words.changes import Change, amount, dollars
from distviz.story.words.telling import Label

_FAILURES = {("step", "rollback"), ("step", "failed"), ("message", "lost"), ("retry", "failed"), ("retry", "exhausted")}


@dataclass(frozen=True, slots=True)
class Row:
    """One `<li>` of the picture."""

    run: str
    seq: int
    at: datetime
    offset_ms: float
    since_ms: float
    gap: str
    gap_why: str
    lane: str
    lane_title: str
    to: str
    to_title: str
    kind: str
    phase: str
    name: str
    label: Label
    arrow: Arrow | None
    cells: tuple[LaneCell, ...]
    attempt: int
    wait_ms: int
    makes_good: int | None
    makes_good_title: str
    caused_by: int | None
    changes: tuple[Change, ...]
    statements: tuple[str, ...]
    error: str
    span_id: str
    point: str
    money: Money
    parts: tuple[Part, ...]
    verdict: str
    status: str
    accessible: str
    sentence: str
    points: tuple[tuple[str, tuple[str, ...]], ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    folded_ms: float | None = None  # since the last pause that was folded; None on the row at its end, and before any
    drawn: dict[str, str] = field(default_factory=dict, compare=False, repr=False)  # its HTML, once it has been needed

    @property
    def locked(self) -> list[str]:
        """Titles of the lanes whose prepared transactions hold locks after this event."""
        return [
            wording.lane_name(LANES, cell.lane) for cell in self.cells if cell.down == HELD and cell.lane in locking()
        ]

    @property
    def spoken(self) -> str:
        """Its name for who hears the picture: the event, where the money is after it, and what stays locked."""
        called = part_names()
        sums = [(name, self.money.part(name)) for name in TOLD]
        said = [self.accessible, *(f"{called[name]} ${amount(value)}" for name, value in sums if value)]
        if self.locked:
            said.append(_("locks held at %(lanes)s") % {"lanes": ", ".join(self.locked)})
        return ", ".join(said)

    @property
    def page(self) -> str:
        """All about this event, see dashboard/run/event_view.py."""
        return f"/runs/{self.run}/events/{self.seq}/"

    @property
    def fails(self) -> bool:
        """Whether something went wrong here, on purpose or not. Who asks for a hold looks for something else."""
        if self.kind == "fault":
            return self.name != "hold"
        return self.kind == "attention" or (self.kind, self.phase) in _FAILURES

    @property
    def turns(self) -> bool:
        """Whether a phase of the run ends here: a transaction's end, a message, a decision, the end of it all."""
        ends = self.kind == "step" and self.phase != "begin"
        return ends or bool(self.arrow) or self.kind in ("decision", "finished")

    @property
    def css(self) -> str:
        """Class names: what kind of event this is, and what takes more room."""
        flags = {"has-arrow": self.arrow, "has-idle": self.gap, "wide": self.wide, "comp": self.makes_good_title}
        pushed = f" pushed-{self._beside}" if self._beside else ""
        return f"k-{self.kind} p-{self.phase} tone-{self.label.tone}{names(flags)}{pushed}"

    @property
    def stops(self) -> str:
        """Class names: where the keys of the run's page stop."""
        return names({"fails": self.fails, "breaks": self.points, "turns": self.turns})

    @property
    def id(self) -> str:
        return f"e-{self.seq}"

    @property
    def offset(self) -> str:
        """Time since the run's first event."""
        return "+" + wording.duration(self.offset_ms)

    @property
    def clock(self) -> str:
        """The time at the row: since the run's first event, or since the pause that was folded above it."""
        return self.offset if self.folded_ms is None else "⌇+" + wording.duration(self.folded_ms)

    @property
    def since(self) -> str:
        """Time since the event before."""
        return "Δ " + wording.duration(self.since_ms)

    @property
    def left(self) -> str:
        """The lane at which the text begins."""
        return self.arrow.left if self.arrow else self.lane

    @property
    def _beside(self) -> int:
        """How many more bars stand where the text would begin."""
        return max((bar.slot for cell in self.cells if cell.lane == self.left for bar in cell.bars), default=0)

    @property
    def wide(self) -> bool:
        """Rows that concern the whole run and cross all lanes."""
        return self.kind in ("finished", "attention")

    @property
    def wrong_now(self) -> str:
        """What nobody will put right, in dollars, on the row on which it comes about."""
        missing, paid = (self.parts[PARTS.index(name)] for name in ("missing", "paid"))
        if paid.twice_down and not paid.twice_up:
            return _("%(sum)s paid twice") % {"sum": dollars(self.money.overpaid)}
        return _("%(sum)s missing") % {"sum": f"${missing.text}"} if missing.down and missing.text else ""


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """A parked message: an envelope that an operator may deliver, drop, duplicate or reorder."""

    mid: str
    name: str
    arrow: Arrow
    lane_title: str
    to_title: str
    why: str
    seq: int
    since: datetime


@dataclass(frozen=True, slots=True)
class HeldStep:
    """A step that stands still until it is released, with what its open transaction holds and has written."""

    point: str
    lane_title: str
    pid: int | None
    since: datetime
    locks: tuple[str, ...] = ()
    backend: int | None = None  # the database's process
    open_since: str = ""
    written: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Retry:
    """A wait between two attempts."""

    at: datetime
    wait_ms: int
    attempt: int
    lane_title: str

    @property
    def until(self) -> datetime:
        """When the next attempt is due."""
        return self.at + timedelta(milliseconds=self.wait_ms)


@dataclass(frozen=True, slots=True)
class LaneHead:
    """The head of one lane: Account, over PostgreSQL."""

    key: str
    title: str
    store: str
    brief: str = ""  # where there is no room for the title, if there is a shorter one


def heads(plan: PlanLike, *, short: bool = False) -> list[LaneHead]:
    """The columns' heads; `short` where they are narrow."""
    lanes = [(key, plan.lanes[key]) for key in used_lanes(plan)]
    if short:
        return [LaneHead(key, lane.brief, "") for key, lane in lanes]
    return [LaneHead(key, str(lane.name), str(lane.store), str(lane.short)) for key, lane in lanes]
