"""The steps still to come, as ghosts; and a protocol's whole plan, on which faults are chosen in the lab."""

from collections.abc import Iterable
from dataclasses import dataclass

from distviz.story.picture.cells import LaneCell
from distviz.story.shapes import LANES, PlanLike, StepLike
from distviz.story.words import wording


def _place(lane: str) -> int:
    return list(LANES).index(lane) if lane in LANES else len(LANES)


@dataclass(frozen=True, slots=True)
class Arrow:
    """A message on the picture. `form` is its line, `fate` what the network did with it."""

    src: str
    dst: str
    form: str = "event"
    fate: str = ""

    @property
    def back(self) -> bool:
        return _place(self.dst) < _place(self.src)

    @property
    def left(self) -> str:
        return min(self.src, self.dst, key=_place)

    @property
    def css(self) -> str:
        names = [f"from-{self.src}", f"to-{self.dst}", f"form-{self.form}"]
        names += [f"fate-{self.fate}"] if self.fate else []
        names += ["back"] if self.back else []
        names += ["own"] if self.src == self.dst else []
        return " ".join(names)

    @property
    def icon(self) -> str:
        """The drawing where the message is stopped."""
        return {"lost": "cross", "parked": "envelope", "delayed": "clock"}.get(self.fate, "")


@dataclass(frozen=True, slots=True)
class Ghost:
    """A step or message that has not happened. `never` if it will not: the run ended without it."""

    key: str
    title: str
    lane: str
    lane_title: str
    to: str
    to_title: str
    compensation: bool
    arrow: Arrow | None
    cells: tuple[LaneCell, ...]
    points: tuple[tuple[str, tuple[str, ...]], ...]
    never: bool = False

    @property
    def css(self) -> str:
        """Class names for the style sheets."""
        flags = {"has-arrow": self.arrow, "comp": self.compensation, "never": self.never}
        return " ".join(name for name, is_so in flags.items() if is_so)


def name_of(step: StepLike) -> str:
    """The name under which a step appears in the log: its key, or the message's name."""
    return step.point.removeprefix("message.") if step.kind == "message" else step.key


def titles(plan: PlanLike) -> dict[str, str]:
    return {name_of(step): str(step.title) for step in plan.steps if step.kind == "step"}


def used_lanes(plan: PlanLike) -> tuple[str, ...]:
    """The protocol's columns in the order of the picture."""
    return tuple(lane for lane in LANES if lane in plan.lanes)


def ghost(step: StepLike, plan: PlanLike, *, never: bool = False) -> Ghost:
    message = step.kind == "message"
    lanes = used_lanes(plan)
    form = "command" if step.lane == "api" else "event"
    return Ghost(
        key=name_of(step),
        title=name_of(step) if message else str(step.title),
        lane=step.lane,
        lane_title=_title(plan, step.lane),
        to=step.to,
        to_title=_title(plan, step.to) if step.to else "",
        compensation=step.compensation,
        arrow=Arrow(step.lane, step.to, form) if message and step.to else None,
        cells=tuple(
            LaneCell(lane, joint="ghost", compensation=step.compensation)
            if lane == step.lane and not message
            else LaneCell(lane)
            for lane in lanes
        ),
        points=tuple((point, tuple(actions)) for point, actions in step.points()),
        never=never,
    )


def whole(plan: PlanLike, *, compensation: bool) -> list[Ghost]:
    """Every step of the plan: the happy path, or what makes it good again."""
    return [ghost(step, plan) for step in plan.steps if step.compensation is compensation]


def remaining(plan: PlanLike, begun: set[str], *, compensating: bool, never: bool) -> list[Ghost]:
    """What has not begun; once compensation has begun, only that is still to come."""
    return [ghost(step, plan, never=never) for step in _open(plan.steps, begun, compensating)]


def _open(steps: Iterable[StepLike], begun: set[str], compensating: bool) -> list[StepLike]:
    return [step for step in steps if step.compensation is compensating and name_of(step) not in begun]


def _title(plan: PlanLike, lane: str) -> str:
    return wording.lane_name(plan.lanes, lane)
