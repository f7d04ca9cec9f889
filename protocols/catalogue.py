"""What the lab says of a protocol, in one value that each protocol's `protocol.py` fills in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from distviz.codes import Reason
from distviz.probe import isolation, reads
from distviz.probe.reads import Read
from distviz.services.books import Bookkeeper
from distviz.story.lesson.shape import Scenario
from distviz.story.shapes import LANES, Lane
from distviz.trace import faults
from distviz.trace.guards import Guard
from distviz.trace.messages import Message
from distviz.trace.models import Run
from protocols.advice import Argument, Combination, Unfit
from protocols.backlog import Backlog
from protocols.dead_rows import DeadRows
from protocols.doubts import Doubts
from protocols.promises import Cell

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise  # translated when it is shown

MOMENTS = ("before_tx", "in_tx", "after_commit", "after_publish")


@dataclass(frozen=True)
class Step:
    """One step or message of the textbook path, as a ghost before it happens. `point` is what its faults hang on."""

    key: str
    title: Text
    lane: str
    point: str = ""
    to: str = ""
    compensation: bool = False
    moments: tuple[str, ...] = MOMENTS
    empty: bool = False  # a compensation that may also undo what was never begun

    @property
    def kind(self) -> str:
        return "message" if self.to else "step"

    def points(self) -> list[tuple[str, list[str]]]:
        """[(fault point, [actions])], in the order in which they are met."""
        return [(name, list(faults.POINTS[name])) for name in self._names() if name in faults.POINTS]

    def _names(self) -> list[str]:
        if self.to:
            return [f"message.{self.key}"]
        if self.point in faults.POINTS:  # the whole name of a single one
            return [self.point]
        return [f"{self.point}.{moment}" for moment in self.moments] if self.point else []


def work(
    key: str,
    title: Text,
    lane: str,
    point: str = "",
    *,
    compensation: bool = False,
    moments: tuple[str, ...] = MOMENTS,
    empty: bool = False,
) -> Step:
    return Step(key, title, lane, point, compensation=compensation, moments=moments, empty=empty)


def message(kind: type[Message], lane: str, to: str, *, compensation: bool = False) -> Step:
    return Step(kind.__name__, kind.__name__, lane, f"message.{kind.__name__}", to, compensation)


@dataclass(frozen=True)
class Panel:
    """A table shown beside the picture: its rows are read from the service's database when asked."""

    key: str
    title: Text
    rows: Callable[..., Iterable[Mapping[str, Any]]]


@dataclass(frozen=True)
class Desk:
    """A page for operators: what they see of a protocol's machinery, and may do there. `page` is its address, such as
    outbox for /outbox/; its templates are `<key>/desk.html` and `<key>/desk_now.html`, the part that renews itself.
    `order` is its place among the desks of the menu; the title is not the protocol's, for that has a link as well.

    `read` is called with the page's query; an action with its form, and it returns a reason or raises DistvizError.
    `costs` says what of a query costs processor time, in points of COSTLY_PER_MINUTE (distviz/web/costs.py).
    """

    page: str
    title: Text
    read: Callable[[Mapping[str, str]], dict[str, Any]]
    actions: Mapping[str, Callable[[Mapping[str, str]], Reason]]
    warning: Callable[[], Text | None]  # shown on other pages while the machinery is stopped
    order: int = 100
    costs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Protocol:
    """One way to withdraw money, with everything that a page, the API or the command line needs of it."""

    key: str
    title: Text
    short: Text  # "Saga": where the title has no room
    one_line: Text
    promises: Text
    pros: list[Text]
    cons: list[Text]
    finished_when: Text
    consistency: Text
    complexity: int
    performance: Text
    use_case: Text
    steps: list[Step]
    request: type[Message]
    books: Bookkeeper
    reads: Callable[[Run], list[Read]] = reads.of_services  # what another session may ask about a run
    halves: str = isolation.INTERMEDIATE  # what it is if one half of a withdrawal is visible and the other is not
    panels: list[Panel] = field(default_factory=list)
    own_lanes: dict[str, Lane] = field(default_factory=dict)  # those that it adds to LANES, or calls otherwise
    desk: Desk | None = None
    doubts: Doubts | None = None
    dead_rows: DeadRows | None = None
    backlog: Backlog | None = None
    api: str = ""  # where the router of its own calls beneath /api/ is; only the web server loads it
    lessons: Sequence[Scenario] = ()  # of /learn/
    cells: Mapping[str, Cell] = field(default_factory=dict)  # how it ends, by what is switched on: see promises.py
    advice: Sequence[Argument] = ()
    unfit: Unfit | None = None
    combined: Sequence[Combination] = ()  # with others, which it names by their keys alone
    guards: Sequence[Guard] = ()  # that can be taken out for one run: see distviz/trace/guards.py
    demonstrated: int = 0  # its place in the front page's demonstration of a failure; 0: it is not shown there
    number: int = 0  # given by the registry

    @property
    def by_guard(self) -> dict[str, Guard]:
        return {guard.key: guard for guard in self.guards}

    @property
    def may_lose(self) -> bool:
        return self.books.may_lose

    @property
    def lanes(self) -> dict[str, Lane]:
        """The lanes that this protocol uses, in the order that they have everywhere."""
        used = {"client", "api"} | {step.lane for step in self.steps} | {step.to for step in self.steps}
        return {key: lane for key, lane in (LANES | self.own_lanes).items() if key in used}

    def as_dict(self) -> dict[str, Any]:
        plain = [
            "key",
            "number",
            "title",
            "one_line",
            "promises",
            "pros",
            "cons",
            "finished_when",
            "consistency",
            "complexity",
            "performance",
            "use_case",
        ]
        steps = [
            {
                "key": step.key,
                "title": step.title,
                "kind": step.kind,
                "lane": step.lane,
                "to": step.to or None,
                "compensation": step.compensation,
                "points": [{"at": at, "do": does} for at, does in step.points()],
            }
            for step in self.steps
        ]
        names = [{"at": at, "do": list(does)} for at, does in faults.POINTS.items()]
        values = {name: getattr(self, name) for name in plain} | {"guards": [one.as_dict() for one in self.guards]}
        return values | {"lanes": {key: str(lane) for key, lane in self.lanes.items()}, "steps": steps, "points": names}
