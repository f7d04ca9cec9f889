"""All runs of a comparison over one axis of real time: what was locked, and when the money was not accounted for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from distviz.dashboard.race.boards import Board
from distviz.story.measured import FOR_EVER, Instant, Interval, Measures
from distviz.story.measures import measure
from distviz.story.shapes import locking
from distviz.story.words import wording

LINE = 16  # px
HIGH = 10  # of a box
_ALWAYS = ("fault", "lost", "end")  # marks that are drawn wherever they happened
_IN_LANES = ("commit", "rollback")
THINNEST = 0.3  # percent: what took no time is seen all the same


@dataclass(frozen=True)
class Box:
    """A stretch on a track, in percent of the axis."""

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


@dataclass(frozen=True)
class Track:
    """One run: a line for each database, and one for the money."""

    board: Board
    boxes: list[Box]
    points: list[Point]
    lines: list[tuple[str, int]]
    height: int

    @property
    def in_short(self) -> str:
        """Its first two measures, for screen readers."""
        return ", ".join(value.text for value in self.board.values[:2])


@dataclass(frozen=True)
class TrackAxis:
    """Real time since the beginning of each run; `at` is where the cursor stands."""

    total: int
    at: int | None
    back: int
    on: int
    ticks: list[tuple[str, str]]

    @property
    def cursor(self) -> str:
        return f"{100 * min(self.at, self.total) / self.total:.3f}%" if self.at is not None else "100%"

    @property
    def shown(self) -> int:
        return self.total if self.at is None else min(self.at, self.total)


def axis(made: Sequence[Board], at: int | None) -> TrackAxis:
    """As long as the longest of them; one that still runs pushes it on."""
    times = sorted({ms for board in made for ms in board.offsets}) or [0]
    going = [board.elapsed for board in made if not board.over]
    total = max([times[-1], 1, *going])
    here = total if at is None else at
    back = max((ms for ms in times if ms < here), default=0)
    on = min((ms for ms in times if ms > here), default=total)
    ticks = [(f"{percent}%", wording.duration(total * percent / 100)) for percent in (0, 25, 50, 75, 100)]
    return TrackAxis(total, at, back, on, ticks)


def tracks(made: Iterable[Board], total: int) -> list[Track]:
    return [_track(board, total) for board in made]


def _track(board: Board, total: int) -> Track:
    found = measure(board.run, board.protocol, board.events, board.until)
    titles = board.protocol.lanes
    lanes = [lane for lane in locking() if lane in titles]
    place = {lane: n * LINE for n, lane in enumerate([*lanes, "money"])}
    names = {**{lane: titles[lane].brief for lane in lanes}, "money": _("gap")}
    return Track(
        board=board,
        boxes=[_box(one, total, place[one.lane], _title(one, names)) for one in _side_by_side(found)],
        points=[
            Point(
                f"p-{instant.kind}",
                f"{100 * instant.at / total:.2f}%",
                place.get(instant.lane, place["money"]) + LINE // 2,
            )
            for instant in found.instants
            if _drawn(instant, place)
        ],
        lines=[(name, place[lane] + LINE // 2) for lane, name in names.items()],
        height=len(place) * LINE,
    )


def _drawn(instant: Instant, place: dict[str, int]) -> bool:
    return instant.kind in _ALWAYS or (instant.kind in _IN_LANES and instant.lane in place)


def _title(interval: Interval, names: dict[str, str]) -> str:
    if interval.kind in FOR_EVER:
        return _("money lost") if interval.kind == "lost" else _("paid twice")
    if interval.kind == "early":
        return _("paid but not yet deducted, for %(t)s") % {"t": wording.duration(interval.ms)}
    if interval.kind == "gap":
        return _("deducted but not yet paid, for %(t)s") % {"t": wording.duration(interval.ms)}
    text = _("%(lane)s: prepared, locked for %(t)s") if interval.kind == "held" else _("%(lane)s: locked for %(t)s")
    return text % {"lane": names[interval.lane], "t": wording.duration(interval.ms)}


@dataclass(frozen=True)
class _Placed(Interval):
    """One of `of` that are open in its lane at the same time."""

    slot: int = 0
    of: int = 1
    ends: bool = False  # it goes on after the end of the run


def _side_by_side(found: Measures) -> Iterator[_Placed]:
    """What is open at the same time shares the line of its lane."""
    for one in found.intervals:
        beside = [o for o in found.intervals if o.lane == one.lane and o.start < one.end and one.start < o.end]
        ends = one.kind in FOR_EVER and one.end == found.latency_ms
        slot = beside.index(one) if one in beside else 0
        yield _Placed(one.lane, one.kind, one.start, one.end, slot, max(len(beside), 1), ends)


def _box(interval: _Placed, total: int, y: int, title: str) -> Box:
    end = total if interval.ends else interval.end
    high = HIGH / interval.of
    width = max(100 * (end - interval.start) / total, THINNEST)
    left = f"{100 * interval.start / total:.2f}%"
    return Box(f"b-{interval.kind}", left, f"{width:.2f}%", y + 3 + high * interval.slot, title, high)
