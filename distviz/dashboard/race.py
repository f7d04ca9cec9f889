"""Several runs side by side: their pictures with short names, their measures in one table, one time for all."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from distviz.dashboard import changes, rows, words
from distviz.dashboard.bars import Cell
from distviz.dashboard.kinds import PlanLike, StepLike
from distviz.dashboard.measures import LOCKING, Measures, measure
from distviz.dashboard.picture import Picture
from distviz.dashboard.plan import Ghost, used_lanes
from distviz.dashboard.rows import Row
from distviz.trace.models import Event, Fault, Run
from protocols import registry
from protocols.catalogue import Protocol

MOST = 6


@dataclass(frozen=True)
class Short:
    """A protocol with names that fit into a sixth of a page."""

    key: str
    steps: Sequence[StepLike]
    lanes: Mapping[str, Any]


def short(protocol: Protocol) -> Short:
    names = {
        "client": _("User"),
        "api": _("API"),
        "account": _("Account"),
        "payment": _("Payment"),
        "notification": _("Email"),
        "queue": _("Relay"),
        "read_model": _("View"),
    }
    return Short(
        protocol.key, protocol.steps, {key: names.get(key, str(protocol.lanes[key])) for key in protocol.lanes}
    )


@dataclass(frozen=True)
class Value:
    """One cell of the outcome table. `rank` is best, worst or ""; `tone` says which mark goes in front."""

    key: str
    text: str
    note: str = ""
    number: float = 0
    tone: str = ""
    rank: str = ""
    title: str = ""


@dataclass
class Board:
    """One run of the comparison, as it was `at` ms after its beginning (None: as far as it is)."""

    number: int
    run: Run
    protocol: Protocol
    plan: PlanLike
    events: list[Event]
    faults: list[Fault]
    until: datetime
    at: float | None = None
    only: frozenset[int] = frozenset()
    ranks: dict[str, str] = field(default_factory=dict)
    have: int = 0  # rows with a higher number than this are new to the page

    @cached_property
    def seen(self) -> list[Event]:
        """What had happened by then."""
        if self.at is None or not self.events:
            return self.events
        end = self.events[0].at + timedelta(milliseconds=self.at)
        return [event for event in self.events if event.at <= end]

    @cached_property
    def picture(self) -> Picture:
        drawn = Picture(self.run, self.plan)
        drawn.feed_all(self.seen)
        return drawn

    @cached_property
    def measures(self) -> Measures:
        until = self.until
        if self.at is not None and self.events:
            until = min(until, self.events[0].at + timedelta(milliseconds=self.at))
        return measure(self.run, self.plan, self.seen, until)

    @cached_property
    def all_rows(self) -> list[Row]:
        """Those that are still to come too: a script shows and hides them."""
        if self.at is None:
            return self.picture.rows
        drawn = Picture(self.run, self.plan)
        drawn.feed_all(self.events)
        return drawn.rows

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
    def heads(self) -> list[rows.Head]:
        return rows.heads(self.plan)

    @property
    def lanes_css(self) -> str:
        return " ".join(f"uses-{lane}" for lane in used_lanes(self.plan))

    @property
    def now(self) -> list[Cell]:
        return self.picture.now()

    @property
    def now_open(self) -> bool:
        return any(cell.down for cell in self.now)

    @property
    def never(self) -> list[Ghost]:
        """The steps that never came, of a run that ended without them."""
        return self.picture.ghosts() if self.picture.finished else []

    @property
    def parts(self) -> list[tuple[str, str, str]]:
        """Where the money is, the parts that hold any: (css, word, sum)."""
        money = self.picture.money
        if money.twice:
            return [("missing", _("paid but never taken"), changes.amount(money.twice))]
        names = {
            "account": _("in the account"),
            "in_flight": _("in flight"),
            "paid": _("paid"),
            "missing": _("missing"),
        }
        found = [(name, word, money.part(name)) for name, word in names.items()]
        return [(name, word, changes.amount(value)) for name, word, value in found if value > 0]

    @property
    def fired(self) -> str:
        """What became of the faults that were asked for."""
        if not self.faults:
            return ""
        met = [event for event in self.seen if event.kind == "fault"]
        if not met:
            return _("fault not met") if self.over else _("fault not met yet")
        told = Counter(f"{event.name} {_('at')} {(event.data or {}).get('at', '')}" for event in met)
        return ", ".join(what + (f" ×{n}" if n > 1 else "") for what, n in told.items())

    @property
    def values(self) -> list[Value]:
        """The measured columns of the table, in order."""
        m = self.measures
        ranked = self.ranks
        going = "" if self.over else " …"
        if m.for_ever:
            gap = Value("gap", _("for ever"), tone="bad", number=float("inf"))
        elif m.gap_ms:
            gap = Value("gap", words.duration(m.gap_ms) + (" …" if m.gap_open else ""), tone="warn", number=m.gap_ms)
        else:
            gap = Value("gap", _("never"), tone="ok")
        lanes = [(lane, m.locks(lane)) for lane in LOCKING if m.locks(lane)]
        each = " + ".join(f"{self.plan.lanes[lane]} {words.duration(ms)}" for lane, ms in lanes)
        made = [
            gap,
            Value(
                "locks",
                words.duration(m.locks()) + (" …" if m.locking else ""),
                each if len(lanes) > 1 else "",
                m.locks(),
                "lock" if m.locking else "",
            ),
            Value(
                "messages",
                str(m.messages),
                _("%(n)s lost") % {"n": m.lost} if m.lost else "",
                m.messages,
                "warn" if m.lost else "",
            ),
            Value("commits", str(m.commits), number=m.commits),
            Value("attempts", str(m.attempts), number=m.attempts, tone="retry" if m.attempts > 1 else ""),
            Value("latency", words.duration(m.latency_ms) + going, number=m.latency_ms),
        ]
        named = dict(titles())
        return [replace(value, rank=ranked.get(value.key, ""), title=named[value.key]) for value in made]


def titles() -> list[tuple[str, str]]:
    """The table's measured columns."""
    return [
        ("gap", _("Inconsistent for")),
        ("locks", _("Locks held for")),
        ("messages", _("Messages")),
        ("commits", _("Commits")),
        ("attempts", _("Attempts")),
        ("latency", _("Took")),
    ]


def permalink(found: Sequence[Run]) -> str:
    return f"{reverse('dashboard:compare')}?runs={','.join(run.pk.hex for run in found)}"


def same_faults(made: Sequence[Board]) -> bool:
    return len({tuple((f.at, f.do, f.times, f.ms) for f in board.faults) for board in made}) == 1


def boards(runs: Sequence[Run], now: datetime, at: float | None = None) -> list[Board]:
    """Everything about these runs, in the order given: two queries, however many they are."""
    ids = [run.pk for run in runs]
    events: dict[UUID, list[Event]] = defaultdict(list)
    for event in Event.objects.filter(run__in=ids).order_by("run_id", "seq"):
        events[event.run_id].append(event)
    faults: dict[UUID, list[Fault]] = defaultdict(list)
    for fault in Fault.objects.filter(run__in=ids).order_by("id"):
        faults[fault.run_id].append(fault)
    made = []
    for number, run in enumerate(runs):
        protocol = registry.get(run.protocol)
        made.append(Board(number, run, protocol, short(protocol), events[run.pk], faults[run.pk], now, at))
    if made and all(board.protocol.key == made[0].protocol.key for board in made):
        _mark_differences(made)
    _rank(made)
    return made


def _what(event: Event) -> tuple[str, ...]:
    return (event.lane, event.to, event.kind, event.phase, event.name)


def _mark_differences(made: list[Board]) -> None:
    """Runs of one protocol are alike except where they are not: those events get a shape of their own."""
    if len(made) < 2:
        return
    counted = [Counter(_what(event) for event in board.events) for board in made]
    common = counted[0]
    for other in counted[1:]:
        common = common & other
    for board in made:
        left = Counter(common)
        found = []
        for event in board.events:
            if left[_what(event)] > 0:
                left[_what(event)] -= 1
            else:
                found.append(event.seq)
        board.only = frozenset(found)


def _rank(made: list[Board]) -> None:
    """Best and worst of each measure, once all are over. Who lost money is never the best at anything."""
    if len(made) < 2 or not all(board.picture.finished for board in made):
        return
    for key, _title in titles():
        numbers = {b.number: next(v.number for v in b.values if v.key == key) for b in made}
        sound = [n for b in made if b.picture.verdict == "consistent" for n in [numbers[b.number]]]
        low, high = min(sound, default=None), max(numbers.values())
        for board in made:
            mine = numbers[board.number]
            if mine == high and high != min(numbers.values()):
                board.ranks[key] = "worst"
            elif mine == low and low != high and board.picture.verdict == "consistent":
                board.ranks[key] = "best"
