"""What is drawn over time, in percent of the axis: stretches and marks. The same for one run and for a race."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from distviz.story.measured import FOR_EVER, Instant, Interval, Measures
from distviz.story.words import wording

At = Callable[[float], float]  # ms since the run began → percent from the left
THINNEST = 0.3  # percent: what took no time is seen all the same
_ALWAYS = ("fault", "lost", "end")  # marks that are drawn wherever they happened
_IN_LANES = ("commit", "rollback")


@dataclass(frozen=True)
class Box:
    """A stretch on a line, in percent of the axis."""

    css: str
    x: str
    width: str
    y: float
    title: str
    height: float


@dataclass(frozen=True)
class Point:
    css: str
    x: str
    y: int


def stretch(css: str, start: float, end: float, y: float, title: str, height: float) -> Box:
    """From and to in percent."""
    return Box(css, f"{start:.2f}%", f"{max(end - start, THINNEST):.2f}%", y, title, height)


def of_intervals(
    found: Measures, at: At, lines: Mapping[str, float], high: float, names: Mapping[str, str], end: float
) -> list[Box]:
    """`lines`: where each lane's boxes begin, `high` pixels high; what is open at the same time shares them. `end` is
    where the axis ends, in ms: what nobody will put right goes on after the run."""
    made = []
    for one in found.intervals:
        beside = [o for o in found.intervals if o.lane == one.lane and o.start < one.end and one.start < o.end] or [one]
        each = high / len(beside)
        y = lines[one.lane] + each * beside.index(one)
        until = until_of(one, found, end)
        made.append(stretch(f"b-{one.kind}", at(one.start), at(until), y, title(one, names), each))
    return made


def until_of(interval: Interval, found: Measures, end: float) -> float:
    return end if interval.kind in FOR_EVER and interval.end == found.latency_ms else interval.end


def point(instant: Instant, at: At, y: int) -> Point:
    return Point(f"p-{instant.kind}", f"{at(instant.at):.2f}%", y)


def is_drawn(instant: Instant, lanes: dict[str, int]) -> bool:
    return instant.kind in _ALWAYS or (instant.kind in _IN_LANES and instant.lane in lanes)


def title(interval: Interval, names: Mapping[str, str]) -> str:
    if interval.kind in FOR_EVER:
        return _("money lost") if interval.kind == "lost" else _("paid twice")
    if interval.kind == "early":
        return _("paid but not yet deducted, for %(t)s") % {"t": wording.duration(interval.ms)}
    if interval.kind == "gap":
        return _("deducted but not yet paid, for %(t)s") % {"t": wording.duration(interval.ms)}
    text = _("%(lane)s: prepared, locked for %(t)s") if interval.kind == "held" else _("%(lane)s: locked for %(t)s")
    return text % {"lane": names[interval.lane], "t": wording.duration(interval.ms)}
