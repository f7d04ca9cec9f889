"""All runs of a comparison over one axis of real time: what was locked, and when the money was not accounted for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from distviz.dashboard.race.boards import Board
from distviz.story.measures import measure
from distviz.story.shapes import locking
from distviz.story.timeline import boxes
from distviz.story.timeline.boxes import Box, Point
from distviz.story.waterfall.axis import round_times
from distviz.story.words import wording

LINE = 16  # px
HIGH = 10  # of a box


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
    ticks = [(f"{100 * ms / total:.2f}%", wording.tick(ms)) for ms in round_times(0, total)]
    return TrackAxis(total, at, back, on, ticks)


def tracks(made: Iterable[Board], total: int) -> list[Track]:
    return [_track(board, total) for board in made]


def _track(board: Board, total: int) -> Track:
    found = measure(board.run, board.protocol, board.events, board.until)
    titles = board.protocol.lanes
    lanes = [lane for lane in locking() if lane in titles]
    place = {lane: n * LINE for n, lane in enumerate([*lanes, "money"])}
    names = {**{lane: titles[lane].brief for lane in lanes}, "money": _("gap")}

    def at(ms: float) -> float:
        return 100 * ms / total

    return Track(
        board=board,
        boxes=boxes.of_intervals(found, at, {lane: y + 3 for lane, y in place.items()}, HIGH, names, total),
        points=[
            boxes.point(instant, at, place.get(instant.lane, place["money"]) + LINE // 2)
            for instant in found.instants
            if boxes.is_drawn(instant, place)
        ],
        lines=[(name, place[lane] + LINE // 2) for lane, name in names.items()],
        height=len(place) * LINE,
    )
