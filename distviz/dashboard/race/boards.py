"""Several runs side by side: their pictures with short names, their measures in one table, one time for all."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil
from uuid import UUID

from django.urls import reverse

from distviz.dashboard import kept_pictures
from distviz.story import outcome
from distviz.story.measured import Measures
from distviz.story.measures import measure
from distviz.story.picture import rows
from distviz.story.picture.cells import LaneCell
from distviz.story.picture.ghosts import Ghost, used_lanes
from distviz.story.picture.picture import Picture
from distviz.story.picture.rows import Row
from distviz.story.shapes import EventLike
from distviz.trace.models import Event, Fault, Run
from protocols import registry
from protocols.catalogue import Protocol

LEAST = 6  # so many fit side by side in any case


def most() -> int:
    """How many runs are compared at most: a race of all protocols is one comparison."""
    return max(LEAST, len(registry.PROTOCOLS))


@dataclass
class Board:
    """One run of the comparison, as it was `at` ms after its beginning (None: as far as it is)."""

    number: int
    run: Run
    protocol: Protocol
    events: list[Event]
    faults: list[Fault]
    until: datetime
    at: float | None = None
    only: frozenset[int] = frozenset()
    ranks: dict[str, str] = field(default_factory=dict)  # measure → best or worst
    have: int = 0  # rows with a higher number than this are new to the page
    proofs: frozenset[int] = frozenset()  # rows that a lesson points at

    @cached_property
    def seen(self) -> list[Event]:
        """What had happened by then."""
        if self.at is None or not self.events:
            return self.events
        end = self.events[0].at + timedelta(milliseconds=self.at)
        return [event for event in self.events if event.at <= end]

    @cached_property
    def picture(self) -> Picture:
        return kept_pictures.of(self.run, len(self.seen), self.events)

    @cached_property
    def measures(self) -> Measures:
        until = self.until
        if self.at is not None and self.events:
            until = min(until, self.events[0].at + timedelta(milliseconds=self.at))
        return measure(self.run, self.protocol, self.seen, until)

    @cached_property
    def all_rows(self) -> list[Row]:
        """Those that are still to come too: a script shows and hides them."""
        if self.at is None:
            return self.picture.rows
        return kept_pictures.of(self.run, len(self.events), self.events).rows

    @property
    def last(self) -> int:
        return self.events[-1].seq if self.events else 0

    @property
    def offsets(self) -> list[int]:
        """When its events happened, in ms since its beginning; the page's script compares whole numbers."""
        return [ceil((event.at - self.events[0].at).total_seconds() * 1000) for event in self.events]

    @property
    def timed(self) -> list[tuple[Row, int, bool, bool]]:
        """(row, ms, is it still to come, is it of this run alone) for each of them."""
        later = self.at if self.at is not None else float("inf")
        pairs = zip(self.all_rows, self.offsets, strict=True)
        return [(row, ms, ms > later, row.seq in self.only) for row, ms in pairs if row.seq > self.have]

    @property
    def over(self) -> bool:
        """Nothing more will come of itself."""
        return bool(self.events) and self.events[-1].kind == "finished"

    @property
    def elapsed(self) -> int:
        """ms since its beginning."""
        return ceil((self.until - self.events[0].at).total_seconds() * 1000) if self.events else 0

    @property
    def heads(self) -> list[rows.LaneHead]:
        return rows.heads(self.protocol, short=True)

    @property
    def lanes_css(self) -> str:
        return " ".join(f"uses-{lane}" for lane in used_lanes(self.protocol))

    @property
    def now(self) -> list[LaneCell]:
        return self.picture.now()

    @property
    def now_open(self) -> bool:
        return any(cell.goes_on for cell in self.now)

    @property
    def never(self) -> list[Ghost]:
        """The steps that never came, of a run that ended without them."""
        return self.picture.ghosts() if self.picture.finished else []

    @property
    def parts(self) -> list[tuple[str, str, str]]:
        return outcome.parts(self.picture.money)

    @property
    def fired(self) -> str:
        return outcome.fired(self.seen, over=self.picture.finished) if self.faults else ""

    @cached_property
    def values(self) -> list[outcome.Value]:
        return outcome.values(self.measures, self.protocol.lanes)

    @property
    def cells(self) -> list[tuple[outcome.Value, str]]:
        """Each measure with its rank, best or worst."""
        return [(value, self.ranks.get(value.key, "")) for value in self.values]


def permalink(found: Sequence[Run]) -> str:
    return f"{reverse('dashboard:compare')}?runs={','.join(run.pk.hex for run in found)}"


def at_once(made: Sequence[Board]) -> bool:
    """Whether there was a moment at which all of these runs were open."""
    begun = [board.events[0].at for board in made if board.events]
    ended = [board.events[-1].at for board in made if board.over]
    return len(begun) > 1 and (not ended or max(begun) < min(ended))


def same_faults(made: Sequence[Board]) -> bool:
    return len({tuple((f.at, f.do, f.times, f.ms) for f in board.faults) for board in made}) == 1


def boards(runs: Sequence[Run], now: datetime, at: float | None = None) -> list[Board]:
    """Everything about these runs, in the order given: two queries, however many they are."""
    ids = [run.pk for run in runs]
    events: dict[UUID, list[Event]] = defaultdict(list)
    for event in Event.objects.filter(run__in=ids).order_by("run_id", "seq").defer("lines"):
        events[event.run_id].append(event)
    faults: dict[UUID, list[Fault]] = defaultdict(list)
    for fault in Fault.objects.filter(run__in=ids).order_by("id"):
        faults[fault.run_id].append(fault)
    made = []
    for number, run in enumerate(runs):
        protocol = registry.get(run.protocol)
        made.append(Board(number, run, protocol, events[run.pk], faults[run.pk], now, at))
    if made and all(board.protocol.key == made[0].protocol.key for board in made):
        _mark_differences(made)
    if made and all(board.picture.finished for board in made):
        sound = [board.picture.verdict == "consistent" for board in made]
        for board, ranks in zip(made, outcome.ranks([board.values for board in made], sound), strict=True):
            board.ranks = ranks
    return made


def what(event: EventLike) -> tuple[str, ...]:
    """What an event is, whenever it happened: two runs of one shape have the same ones in the same order."""
    return (event.lane, event.to, event.kind, event.phase, event.name)


def _mark_differences(made: list[Board]) -> None:
    """Runs of one protocol are alike except where they are not: those events get a shape of their own."""
    if len(made) < 2:
        return
    counted = [Counter(what(event) for event in board.events) for board in made]
    common = counted[0]
    for other in counted[1:]:
        common = common & other
    for board in made:
        left = Counter(common)
        found = []
        for event in board.events:
            if left[what(event)] > 0:
                left[what(event)] -= 1
            else:
                found.append(event.seq)
        board.only = frozenset(found)
