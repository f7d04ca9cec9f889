"""What is drawn of a run, held against its spans and what the databases say: each check names what is not so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from distviz.story.deliveries import Deliveries
from distviz.story.measures import measure
from distviz.story.picture.cells import OPEN, LaneCell
from distviz.story.picture.picture import IDLE_MS, Picture
from distviz.story.picture.rows import Row
from distviz.story.waterfall import reading, states
from distviz.story.waterfall.fold import Waterfall
from distviz.story.waterfall.spans import Wait
from protocols import registry
from tests.support.checks import completed
from tests.support.stack import Stack

_ENDS = ("commit", "rollback", "failed", "prepared", "late", "nothing")
_WAITS = {
    "held": {"held"},
    "back-off": {"backoff"},
    "worker down": {"down"},
    "parked": {"parked"},
    "on its way": {"delayed"},
    "in the queue": {"queue"},
}


@dataclass
class Drawn:
    """One run that is over, its log as any client has it, and its picture."""

    stack: Stack
    run: dict[str, Any]
    account: str

    @cached_property
    def events(self) -> list[Any]:
        return [SimpleNamespace(**self._event(one)) for one in self.stack.events(self.run["id"])]

    def _event(self, one: dict[str, Any]) -> dict[str, Any]:
        plain = {"to": "", "error": "", "span_id": "", "caused_by": None, "changes": [], "statements": [], "data": {}}
        return {**plain, **one, "to": one.get("to") or "", "at": datetime.fromisoformat(one["at"])}

    @cached_property
    def facts(self) -> Any:
        return SimpleNamespace(pk=self.run["id"], account=self.account, amount=Decimal(self.run["amount"]))

    @cached_property
    def picture(self) -> Picture:
        picture = Picture(self.facts, registry.get(self.run["protocol"]))
        picture.feed_all(self.events)
        return picture

    @cached_property
    def taken(self) -> Decimal:
        return Decimal("1000.00") - Decimal(self.stack.balance(self.run["protocol"], self.account))

    @cached_property
    def paid(self) -> Decimal:
        if self.run["protocol"] == "monolith":
            return self.taken  # one row is both
        return completed(self.stack, self.run["id"]) * self.facts.amount

    def untrue(self) -> list[str]:
        checks = (_torn, _committed, _prepared, _folds, _money, _rows_of_the_databases)
        return [f"{check.__name__[1:]}: {text}" for check in checks for text in check(self)]


def _bars(row: Row, lane: str) -> tuple[LaneCell, ...]:
    return next((cell.bars for cell in row.cells if cell.lane == lane), ())


def _marks(row: Row) -> list[str]:
    return [bar.joint for cell in row.cells for bar in cell.bars if bar.joint]


def _killed(drawn: Drawn) -> dict[int, tuple[str, str]]:
    """(lane, span) of each transaction without an end whose process was killed, or whose step was made anew; the log of
    a run that is over takes no more, so the others may have had an end."""
    deliveries = Deliveries()
    for event in drawn.events:
        deliveries.feed(event)
    steps = [event for event in drawn.events if event.kind == "step"]
    ended = {event.caused_by for event in steps if event.phase in _ENDS}
    crashed = {(event.lane, event.span_id) for event in drawn.events if event.name == "crash" and event.span_id}
    found = {}
    for begun in [event for event in steps if event.phase == "begin" and event.seq not in ended]:
        later = [event for event in steps if event.phase == "begin" and event.seq > begun.seq]
        same = [event for event in later if (event.lane, event.name) == (begun.lane, begun.name)]
        anew = [event for event in same if deliveries.is_anew(begun.span_id, event)]
        if anew or (begun.lane, begun.span_id) in crashed:
            found[begun.seq] = (begun.lane, begun.span_id or str(begun.seq))
    return found


def _torn(drawn: Drawn) -> Iterator[str]:
    killed = _killed(drawn)
    open_then = {  # what is told about a promise opens no transaction
        row.seq for row in drawn.picture.rows if any(bar.down == OPEN for bar in _bars(row, row.lane))
    }
    lost = {where for seq, where in killed.items() if seq in open_then}
    torn = [(row.seq, row.lane) for row in drawn.picture.rows if {"torn", "torn-begin"} & set(_marks(row))]
    if len(torn) != len(lost):
        yield f"drawn as torn at {torn}, killed were {lost}"
    last = drawn.picture.rows[-1]
    if left := [bar for cell in last.cells for bar in cell.bars if bar.down]:
        yield f"still open at the end: {left}"
    fold = Waterfall().feed_all(drawn.events)
    spans = [step for span in reading.spans(fold) for step in (span, *span.steps) if step.kind == "step"]
    interrupted = {step.seq for step in spans if step.state == states.INTERRUPTED}
    if interrupted != killed.keys():
        yield f"the trace says that {interrupted} were killed, and {killed} were"


def _committed(drawn: Drawn) -> Iterator[str]:
    for event, row in zip(drawn.events, drawn.picture.rows, strict=True):
        commits = _marks(row).count("commit")
        committed = (event.kind, event.phase) == ("step", "commit") and event.data.get("found") is not False
        if commits != int(committed or (commits == 1 and event.data.get("found") is False)):
            yield f"#{event.seq} {event.kind}/{event.phase} has {commits} marks of a COMMIT"
        if event.phase == "nothing" and "rollback" in _marks(row) and not any(b.up for b in _bars(row, event.lane)):
            yield f"#{event.seq} is drawn as a ROLLBACK and rolled nothing back"
    measured = measure(drawn.facts, drawn.picture.plan, drawn.events)
    told = [event for event in drawn.events if (event.kind, event.phase) == ("step", "commit")]
    done = [event for event in told if event.data.get("found") is not False]
    if measured.commits != len(done):
        yield f"{measured.commits} COMMITs are counted, {len(done)} are told"


def _prepared(drawn: Drawn) -> Iterator[str]:
    left = drawn.stack.prepared(f"dv:{drawn.run['id']}:%")
    if bool(left) != bool(drawn.picture.locked):
        yield f"prepared are {left}, drawn are {drawn.picture.locked}"
    for row in drawn.picture.rows:
        for cell in row.cells:
            for bar in cell.bars:
                if "held" in (bar.up, bar.down) and cell.lane == "notification":
                    yield f"#{row.seq}: locks are drawn in a store that has none"


def _folds(drawn: Drawn) -> Iterator[str]:
    fold = Waterfall().feed_all(drawn.events)
    spans = reading.spans(fold)
    waits = [wait for span in spans for wait in (*span.before, *span.inside)]
    waits += [Wait("queue", span.start) for span in spans if span.state in (states.QUEUED, states.UNTAKEN)]
    for failed, due in fold.backoff.values():  # tried again after the end, if at all
        waits += [Wait("backoff", failed.end or due, due), Wait("queue", due)]
    last = {(one.lane, one.message): one for one in spans if one.kind == "attempt"}
    waits += [Wait("down", one.end or one.start) for one in last.values() if one.state == states.CRASHED]
    foreseen = _of_copies(spans)
    first = drawn.events[0].at
    for before, row in zip(drawn.picture.rows, drawn.picture.rows[1:], strict=False):
        if bool(row.gap) != (row.since_ms > IDLE_MS):
            yield f"#{row.seq}: {row.since_ms} ms are {row.gap or 'not'} folded"
        if not row.gap:
            continue
        middle = ((before.at - first).total_seconds() + (row.at - first).total_seconds()) * 500
        then = [wait for wait in waits if _covers(wait, middle)]
        open_then, known_then = {wait.kind for wait in then}, {wait.kind for wait in then if wait not in foreseen}
        said = set(row.gap_why.split(" · "))
        untrue = [why for why in said & _WAITS.keys() if not _WAITS[why] & open_then]
        if untrue or ("idle" in said and known_then):
            yield f"#{row.seq}: {row.gap} {row.gap_why}, but open were {open_then or 'none'}"


def _of_copies(spans: Sequence[Any]) -> list[Wait]:
    """The way of a message that comes once more, as after a crash: nothing told beforehand that it would."""
    seen, found = set(), []
    for span in sorted((one for one in spans if one.kind == "attempt"), key=lambda one: one.start):
        name = span.lane, span.message
        found += [wait for wait in span.before if name in seen and wait.kind == "queue"]
        seen.add(name)
    return found


def _covers(wait: Wait, at: float) -> bool:
    return wait.start <= at and (wait.end is None or wait.end >= at)


def _money(drawn: Drawn) -> Iterator[str]:
    gap, end = drawn.taken - drawn.paid, drawn.picture.money
    known = (-end.account, end.paid, end.in_flight + end.missing, end.overpaid)
    if known != (drawn.taken, drawn.paid, max(gap, Decimal(0)), max(-gap, Decimal(0))):
        yield f"taken {drawn.taken} and paid {drawn.paid} is drawn as {end}"
    if drawn.run["finished"] and end.in_flight:
        yield f"in flight at the end: {end.in_flight}"
    if drawn.picture.verdict != drawn.run["verdict"]:
        yield f"the verdict is {drawn.run['verdict']}, drawn as {drawn.picture.verdict}"
    measured = measure(drawn.facts, drawn.picture.plan, drawn.events)
    stretches = [one for one in measured.intervals if one.lane == "money"]
    for row, after in zip(drawn.picture.rows, drawn.picture.rows[1:], strict=False):
        money = row.money
        if (money.missing and gap <= 0) or (money.overpaid and gap >= 0):
            yield f"#{row.seq}: {money} was put right later"
        kind = "lost" if money.missing else "twice" if money.overpaid else ""
        kind = kind or ("gap" if money.gap > 0 else "early" if money.gap < 0 else "")
        middle = (row.offset_ms + after.offset_ms) / 2
        chart = "".join(one.kind for one in stretches if one.start <= middle < one.end)
        if after.offset_ms > row.offset_ms and chart != kind:
            yield f"#{row.seq}: the picture says {kind or 'nothing'} of the money, the chart {chart or 'nothing'}"


def _rows_of_the_databases(drawn: Drawn) -> Iterator[str]:
    """What is drawn as written is there, and was written once."""
    if drawn.run["protocol"] in ("monolith", "event_sourcing"):
        ledger = None
    else:
        rows = drawn.stack.sql("account", "SELECT kind FROM ledger WHERE withdrawal_id = %s", drawn.run["id"])
        ledger = {f"ledger/{row['kind']}" for row in rows}
    paid = drawn.stack.sql("payment", "SELECT id FROM payments WHERE withdrawal_id = %s", drawn.run["id"])
    payments = {f"payments/{row['id']}" for row in paid}
    for name, real in (("ledger", ledger), ("payments", payments)):
        if real is None:
            continue
        shown = [(row.seq, c.row, c.verb) for row in drawn.picture.rows for c in row.changes if c.row.startswith(name)]
        if {key for _seq, key, _verb in shown} != real:
            yield f"{name} has {real}, drawn are {shown}"
        written = {(seq, key) for seq, key, verb in shown if verb == "inserted"}
        if len(written) != len({key for _seq, key in written}):
            yield f"drawn as written more than once: {written}"
