"""The main picture as a pure fold over a run's log: feed it events in order, it says what is to be drawn.

The same fold draws the live page, a replay and a permalink; it knows no database and no clock.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any, Self

from django.utils.translation import gettext as _

from distviz.story.money_strip import Money, Strip
from distviz.story.picture import ghosts as plan
from distviz.story.picture import parts
from distviz.story.picture.bars import Bars
from distviz.story.picture.cells import LaneCell
from distviz.story.picture.ghosts import Arrow, Ghost
from distviz.story.picture.progress import Progress
from distviz.story.picture.rows import Row
from distviz.story.picture.waits import Waits
from distviz.story.shapes import EventLike, PlanLike, RunFacts, locking
from distviz.story.words import table, wording
from distviz.story.words.changes import lines
from distviz.story.words.telling import Label
from distviz.story.words.wording import Names

IDLE_MS = 1000  # a wait longer than this folds to a zig-zag
_FATES = {
    "lost": "lost",
    "dropped": "lost",
    "parked": "parked",
    "delayed": "delayed",
    "duplicated": "twice",
}
_ARROWS = {"sent", "delivered", *_FATES}


class Picture:
    """The state of the picture after the events fed so far."""

    def __init__(self, run_facts: RunFacts, protocol: PlanLike) -> None:
        self.run = run_facts
        self.plan = protocol
        self.lanes = plan.used_lanes(protocol)
        self.rows: list[Row] = []
        self._names = Names(run_facts.account, run_facts.amount, protocol.lanes, plan.titles(protocol))
        self._bars = Bars(self.lanes)
        self._strip = Strip(run_facts.amount, lossy=protocol.may_lose)
        self._steps = {plan.name_of(step): step for step in protocol.steps}
        self._waits = Waits()
        self._folded: datetime | None = None  # when the last pause ended that is folded
        self.corrections: dict[int, tuple[int, ...]] = {}  # by event: the rows before it that it has changed
        self.progress = Progress(protocol, self._names)

    def feed_all(self, events: Iterable[EventLike]) -> list[Row]:
        return [self.feed(event) for event in events]

    def feed(self, event: EventLike) -> Row:
        """Takes the next event and answers with its row."""
        data: dict[str, Any] = event.data if isinstance(event.data, dict) else {}
        before, idle = self._strip.now, self._idle(event)
        self._strip.feed(event)
        self._names.promised = self._bars.prepared
        if (event.kind, event.phase) == ("message", "ignored"):
            self._names.ignored.add(event.span_id)
        cells = self._bars.feed(event)
        self._names.copies = self._bars.deliveries
        self._waits.feed(event, data)
        self._correct(event.seq, self._bars.corrected)
        self.progress.feed(event, data)
        row = self._row(event, data, cells, before, idle)
        self.progress.settle(event, data)
        self.rows.append(row)
        return row

    def copied(self) -> Self:
        """This picture again; feeding one does not change the other. By hand, for a general copy looks into all that
        never changes: that took longer than the fold itself."""
        copied = copy(self)
        copied.rows, copied._names = list(self.rows), self._names.copied()
        copied._bars, copied._strip = self._bars.copied(), self._strip.copied()
        copied._waits, copied.corrections = self._waits.copied(), dict(self.corrections)
        copied.progress = self.progress.copied(copied._names)
        return copied

    def _correct(self, seq: int, cells: Sequence[list[LaneCell]]) -> None:
        """A transaction that was taken for dead has gone on: the rows that have said so are drawn again."""
        wrong = [n for n, (row, right) in enumerate(zip(self.rows, cells, strict=False)) if row.cells != tuple(right)]
        for place in wrong:
            self.rows[place] = replace(self.rows[place], cells=tuple(cells[place]), drawn={})
        if wrong:
            self.corrections[seq] = tuple(self.rows[place].seq for place in wrong)

    # --- what a page asks -----------------------------------------------------------------------------------------

    @property
    def money(self) -> Money:
        return self._strip.now

    @property
    def finished(self) -> bool:
        return self.progress.finished

    @property
    def status(self) -> str:
        return self.progress.status

    @property
    def status_words(self) -> str:
        return wording.status(self.status)

    @property
    def verdict(self) -> str:
        """True of the databases as far as the log tells; one of the contract's."""
        if self.finished and self.progress.verdict:
            return self.progress.verdict
        if self._bars.prepared and self.progress.decided is None:
            return "in_doubt"
        if self.money.gap == 0:
            half = self._bars.prepared and self.progress.decided is not False  # one has committed, another has yet to
            return "temporarily_inconsistent" if half else "consistent"
        if self.money.overpaid:
            return "paid_twice"
        return "money_lost" if self.money.missing else "temporarily_inconsistent"

    @property
    def verdict_words(self) -> str:
        return wording.verdict(self.verdict)

    def row(self, seq: int) -> Row | None:
        """The row of this event: numbers have no gaps."""
        return self.rows[seq - 1] if 0 < seq <= len(self.rows) else None

    @property
    def last_seq(self) -> int:
        return self.rows[-1].seq if self.rows else 0

    @property
    def tab_icon(self) -> str:
        return wording.tab_icon(self.status, self.verdict)

    @property
    def headline(self) -> str:
        return wording.headline(self.status, self.verdict)

    @property
    def locked(self) -> list[str]:
        """Titles of the lanes that hold locks for a prepared transaction. MongoDB's promise locks nothing."""
        return [self._names.lane(lane) for lane in self._bars.prepared if lane in locking()]

    def now(self) -> list[LaneCell]:
        """The bars that go on below the last event; none once the run is over."""
        return [] if self.finished else self._bars.now()

    def ghosts(self) -> list[Ghost]:
        """Steps not yet begun; at the end of a run that went wrong, the ones that never came."""
        if self.finished and self.status not in ("inconsistent", "needs_attention"):
            return []
        progress = self.progress
        return plan.remaining(self.plan, progress.begun, compensating=progress.compensating, never=progress.finished)

    # --- one row --------------------------------------------------------------------------------------------------

    def _row(self, event: EventLike, data: dict[str, Any], cells: list[LaneCell], before: Money, idle: str) -> Row:
        first, last = (self.rows[0].at, self.rows[-1].at) if self.rows else (event.at, event.at)
        idle_ms = (event.at - last).total_seconds() * 1000
        text = table.text_of(event, self._names, self.money)
        step = self._steps.get(event.name)
        compensated = str(data.get("compensates") or "")
        self._folded = event.at if idle else self._folded
        return Row(
            run=str(getattr(self.run, "pk", "")),
            seq=event.seq,
            at=event.at,
            offset_ms=(event.at - first).total_seconds() * 1000,
            since_ms=idle_ms,
            gap=wording.duration(idle_ms) if idle else "",
            gap_why=idle,
            folded_ms=(event.at - self._folded).total_seconds() * 1000 if self._folded and not idle else None,
            lane=event.lane,
            lane_title=self._names.lane(event.lane),
            to=event.to,
            to_title=self._names.lane(event.to) if event.to else "",
            kind=event.kind,
            phase=event.phase,
            name=event.name,
            label=text.label,
            arrow=self._arrow(event, data),
            cells=tuple(cells),
            attempt=event.attempt,
            wait_ms=int(data.get("wait_ms") or 0) if event.kind == "retry" else 0,
            makes_good=self._names.made_at.get(compensated),
            makes_good_title=self._names.step(compensated) if compensated else "",
            caused_by=event.caused_by,
            changes=tuple(lines(event.changes)),
            statements=tuple(str(statement) for statement in event.statements or ()),
            error=text.why,
            span_id=event.span_id,
            point=str(data.get("at") or data.get("point") or ""),
            money=self.money,
            parts=parts.of(before, self.money, first=not self.rows),
            verdict=self.verdict,
            status=self.status,
            accessible=self._accessible(event, text.label),
            sentence=text.sentence,
            points=tuple((point, tuple(does)) for point, does in step.points()) if step else (),
            data=data,
        )

    def _idle(self, event: EventLike) -> str:
        """What the run was waiting for between the row before and this one, if that took long."""
        if not self.rows or (event.at - self.rows[-1].at).total_seconds() * 1000 <= IDLE_MS:
            return ""
        if self._strip.stranded:
            return _("nothing drives it on")
        return self._waits.why(self.rows[-1].at, event.at, self._bars)

    def _accessible(self, event: EventLike, text: Label) -> str:
        """Such as "Step 7, Account, COMMIT deduct, balance 1,000.00 → 900.00"."""
        where = self._names.lane(event.lane)
        if event.to:
            where = _("%(a)s to %(b)s") % {"a": where, "b": self._names.lane(event.to)}
        what = " ".join(filter(None, (text.word or text.icon, text.what)))
        return ", ".join(filter(None, (_("Step %(n)s") % {"n": event.seq}, where, what, text.note)))

    def _arrow(self, event: EventLike, data: dict[str, Any]) -> Arrow | None:
        if event.kind == "request":
            return self._between(event.lane, event.to or "api", "command", "")
        if event.kind != "message" or event.phase not in _ARROWS:
            return None
        parked = self.progress.parked.get(str(data.get("mid")))
        form = str(data.get("form") or (parked.arrow.form if parked else "event"))
        fate = _FATES.get(event.phase, "twice" if data.get("copies", 1) == 2 else "")
        if parked is not None:
            return self._between(parked.arrow.src, parked.arrow.dst, form, fate)
        return self._between(event.lane, event.to, form, fate)

    def _between(self, src: str, dst: str, form: str, fate: str) -> Arrow | None:
        """An arrow, if both of its ends are on the picture."""
        return Arrow(src, dst, form, fate) if src in self.lanes and dst in self.lanes else None
