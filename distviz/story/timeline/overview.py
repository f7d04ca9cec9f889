"""One run to scale: the whole of it above its rows, as overview and scrubber. Idle time is folded, and said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from distviz.story.measured import Measures
from distviz.story.measures import MS, measure
from distviz.story.shapes import EventLike, PlanLike, RunFacts, locking
from distviz.story.timeline import boxes
from distviz.story.timeline.boxes import Box, Point
from distviz.story.timeline.labels import DESK, EDGE, PHONE, TABLET, Label, with_room
from distviz.story.timeline.path import Leg, critical
from distviz.story.waterfall.axis import FULL, Axis, Fold, round_times
from distviz.story.words import wording

ROOM = 48  # px for all lines; the axis stands below
_PATH = {
    "work": gettext_lazy("%(lane)s works for %(t)s"),
    "queue": gettext_lazy("in the queue of %(lane)s for %(t)s"),
    "backoff": gettext_lazy("%(lane)s: back-off, %(t)s"),
    "held": gettext_lazy("%(lane)s: held, %(t)s"),
}


@dataclass(frozen=True)
class Line:
    """A line of the chart: its name at the left, what was measured at the right."""

    name: str
    y: int
    total: str


@dataclass(frozen=True)
class Overview:
    lines: list[Line]
    boxes: list[Box]
    points: list[Point]
    ticks: list[tuple[str, str, str]]  # where, its words, and where these are left out: labels.py
    folds: list[tuple[str, str, str, str, str]]  # left, width, middle, how long, its class
    scale: str  # "ms:percent" of the corners of the axis, from which a page makes times of places
    zoomed: bool
    said: str


def overview(
    run: RunFacts,
    plan: PlanLike,
    events: Sequence[EventLike],
    until: datetime,
    window: tuple[float, float] | None = None,
) -> Overview:
    """`until`: now, for a run that goes on. `window`: from and to in ms, where one looks closer."""
    found = measure(run, plan, events, until)
    start = events[0].at if events else until
    end = max(found.latency_ms, 1.0)
    axis = _Scale([(event.at - start) / MS for event in events] + [end], window)
    lanes = [lane for lane in locking() if lane in plan.lanes]
    pitch = ROOM // (len(lanes) + 2)
    place = {lane: n * pitch for n, lane in enumerate([*lanes, "money", "path"])}
    names = {**{lane: plan.lanes[lane].brief for lane in lanes}, "money": _("gap"), "path": _("path")}
    totals = _totals(found, lanes)
    tops, thick = {lane: y + 1 for lane, y in place.items()}, pitch - 3
    drawn = [
        *boxes.of_intervals(_shown(found, axis, end), axis.at, tops, thick, names, end),
        *_path(critical(events, None if found.over else until), plan, start, axis, place["path"] + 1, thick),
    ]
    return Overview(
        lines=[Line(names[lane], y + pitch // 2, totals.get(lane, "")) for lane, y in place.items()],
        boxes=drawn,
        points=[
            boxes.point(instant, axis.at, place.get(instant.lane, place["money"]) + pitch // 2)
            for instant in found.instants
            if boxes.is_drawn(instant, place) and axis.shows(instant.at, instant.at)
        ],
        ticks=axis.ticks(),
        folds=axis.folds(),
        scale=axis.corners(),
        zoomed=window is not None,
        said="; ".join(f"{names[lane]}: {text}" for lane, text in totals.items()) or _("No lock was held."),
    )


def _totals(found: Measures, lanes: Sequence[str]) -> dict[str, str]:
    """What was measured, for each line."""
    said = {lane: _("locked %(t)s") % {"t": wording.duration(found.locks(lane))} for lane in lanes if found.locks(lane)}
    if found.for_ever:
        said["money"] = _("paid twice") if any(one.kind == "twice" for one in found.intervals) else _("lost")
    elif found.gap_ms:
        said["money"] = wording.duration(found.gap_ms)
    said["path"] = wording.duration(found.latency_ms)
    return said


def _shown(found: Measures, axis: "_Scale", end: float) -> Measures:
    """As far as one looks."""
    seen = (one for one in found.intervals if axis.shows(one.start, boxes.until_of(one, found, end)))
    return replace(found, intervals=tuple(seen))


def _path(legs: Sequence[Leg], plan: PlanLike, start: datetime, axis: "_Scale", y: int, thick: int) -> list[Box]:
    made = []
    for leg in legs:
        begin, end = (leg.start - start) / MS, (leg.end - start) / MS
        if axis.shows(begin, end) and end > begin:
            lane = wording.lane_name(plan.lanes, leg.lane)
            words = str(_PATH[leg.kind]) % {"lane": lane, "t": wording.duration(end - begin)}
            made.append(boxes.stretch(f"c-{leg.kind}", axis.at(begin), axis.at(end), y, words, thick))
    return made


class _Scale:
    """Where a time is: with folds over the whole run, straight inside of a window."""

    def __init__(self, times: Sequence[float], window: tuple[float, float] | None) -> None:
        self._window = window
        self._axis = Axis(times)
        self._end = max(times)

    def at(self, ms: float) -> float:
        if self._window is None:
            return self._axis.at(ms)
        start, end = self._window
        return FULL * (min(max(ms, start), end) - start) / (end - start)

    def shows(self, start: float, end: float) -> bool:
        return self._window is None or (end >= self._window[0] and start <= self._window[1])

    def ticks(self) -> list[tuple[str, str, str]]:
        """A tick whose words would run into others is a line alone: "10 min 36.2 s" is longer than "50 ms"."""
        made = []
        for label, _minor in self._times:
            css = ["minor"] if label not in self._tablet else []
            css += ["small"] if label not in self._phone else []
            made.append((f"{label.x:.2f}%", label.text if label in self._desk else "", " ".join(css)))
        return made

    def folds(self) -> list[tuple[str, str, str, str, str]]:
        made = []
        for fold, label in self._pauses:
            text = label.text if label in self._desk else ""
            css = "" if label in self._tablet else "minor"
            made.append((f"{fold.left:.2f}%", f"{fold.width:.2f}%", f"{fold.middle:.2f}%", text, css))
        return made

    @cached_property
    def _times(self) -> list[tuple[Label, bool]]:
        """Each tick, and whether it is a minor one."""
        if self._window is None:
            return [(Label(tick.x, wording.tick(tick.ms)), tick.minor) for tick in self._axis.ticks()]
        times = round_times(*self._window)
        return [(Label(self.at(ms), wording.tick(ms)), n % 3 > 0) for n, ms in enumerate(times)]

    @cached_property
    def _pauses(self) -> list[tuple[Fold, Label]]:
        folds = [] if self._window else self._axis.folds
        return [(fold, Label(fold.middle, f"+{wording.duration(fold.ms)}")) for fold in folds]

    @cached_property
    def _longest_first(self) -> list[Label]:
        return [label for _fold, label in sorted(self._pauses, key=lambda one: -one[0].ms)]

    @cached_property
    def _desk(self) -> set[Label]:
        minor_last = [label for label, _minor in sorted(self._times, key=lambda one: one[1])]
        return with_room([*self._longest_first, *minor_last], DESK)

    @cached_property
    def _tablet(self) -> set[Label]:
        seen = [*self._longest_first, *(label for label, minor in self._times if not minor)]
        return with_room([label for label in seen if label in self._desk], TABLET)

    @cached_property
    def _phone(self) -> set[Label]:
        """Pauses are not said there."""
        seen = [label for label, minor in self._times if not minor and label in self._desk]
        return with_room(seen, PHONE, EDGE)

    def corners(self) -> str:
        if self._window:
            return f"{self._window[0]:.3f}:0,{self._window[1]:.3f}:{FULL:g}"
        return ",".join(f"{ms:.3f}:{x:.3f}" for ms, x in self._axis.corners)
