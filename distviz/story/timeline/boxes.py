"""What is drawn over time, in percent of the axis: stretches and marks. The same for one run and for a race."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from distviz.story.measures import Instant, Interval
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
    y: int
    title: str


@dataclass(frozen=True)
class Point:
    css: str
    x: str
    y: int


def stretch(css: str, start: float, end: float, y: int, title: str) -> Box:
    """From and to in percent."""
    return Box(css, f"{start:.2f}%", f"{max(end - start, THINNEST):.2f}%", y, title)


def box(interval: Interval, at: At, end: float, y: int, names: dict[str, str]) -> Box:
    """`end` is where the axis ends, in ms: what was lost stays so."""
    until = end if interval.kind == "lost" else interval.end
    return stretch(f"b-{interval.kind}", at(interval.start), at(until), y, title(interval, names))


def point(instant: Instant, at: At, y: int) -> Point:
    return Point(f"p-{instant.kind}", f"{at(instant.at):.2f}%", y)


def is_drawn(instant: Instant, lanes: dict[str, int]) -> bool:
    return instant.kind in _ALWAYS or (instant.kind in _IN_LANES and instant.lane in lanes)


def title(interval: Interval, names: dict[str, str]) -> str:
    if interval.kind == "lost":
        return _("money lost")
    if interval.kind == "gap":
        return _("deducted but not yet paid, for %(t)s") % {"t": wording.duration(interval.ms)}
    text = _("%(lane)s: prepared, locked for %(t)s") if interval.kind == "held" else _("%(lane)s: locked for %(t)s")
    return text % {"lane": names[interval.lane], "t": wording.duration(interval.ms)}
