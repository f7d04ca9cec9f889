"""The outcome table of a comparison: measures as words and shapes, and which of them is the best and the worst."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from distviz.story.measured import Measures
from distviz.story.money_strip import Money
from distviz.story.shapes import EventLike, Lane, locking
from distviz.story.words import changes, points, wording


@dataclass(frozen=True)
class Value:
    """One measured cell of the table. `tone` says which mark goes in front."""

    key: str
    title: str
    text: str
    note: str = ""
    number: float = 0
    tone: str = ""


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


def values(m: Measures, lanes: Mapping[str, Lane]) -> list[Value]:
    """The measured columns of one run, in order; what still grows ends in dots."""
    name = dict(titles())
    going = "" if m.over else " …"
    held = [(lane, m.locks(lane)) for lane in locking() if m.locks(lane)]
    each = " + ".join(f"{lanes[lane].brief} {wording.duration(ms)}" for lane, ms in held) if len(held) > 1 else ""
    locked = wording.duration(m.locks()) + (" …" if m.locking else "")
    lost = _("%(n)s lost") % {"n": m.lost} if m.lost else ""
    return [
        _gap(m, name["gap"]),
        Value("locks", name["locks"], locked, each, m.locks(), "lock" if m.locking else ""),
        Value("messages", name["messages"], str(m.messages), lost, m.messages, "warn" if m.lost else ""),
        Value("commits", name["commits"], str(m.commits), "", m.commits),
        Value("attempts", name["attempts"], str(m.attempts), "", m.attempts, "retry" if m.attempts > 1 else ""),
        Value("latency", name["latency"], wording.duration(m.latency_ms) + going, "", m.latency_ms),
    ]


def _gap(m: Measures, title: str) -> Value:
    if m.for_ever:
        return Value("gap", title, _("permanently"), "", float("inf"), "bad")
    if m.gap_ms:
        return Value("gap", title, wording.duration(m.gap_ms) + (" …" if m.gap_open else ""), "", m.gap_ms, "warn")
    return Value("gap", title, _("never"), "", 0, "ok")


def ranks(table: Sequence[Sequence[Value]], sound: Sequence[bool]) -> list[dict[str, str]]:
    """Best and worst of each measure, for each run. Who lost money (is not `sound`) is never the best at anything,
    what most of them are is nothing to point at, and of two one being better says it all."""
    found: list[dict[str, str]] = [{} for _row in table]
    if len(table) < 2:
        return found
    for column in zip(*table, strict=True):
        numbers = [value.number for value in column]
        least, most = min(numbers), max(numbers)
        best = min((number for number, good in zip(numbers, sound, strict=True) if good), default=None)
        for row, number in enumerate(numbers):
            if numbers.count(number) > len(numbers) / 2:
                continue
            if number == best and sound[row]:
                found[row][column[0].key] = "best"
            elif number == most != least and len(numbers) > 2:
                found[row][column[0].key] = "worst"
    return found


def parts(money: Money) -> list[tuple[str, str, str]]:
    """Where the money is, the parts that hold any: (css, word, sum)."""
    names = {
        "account": _("in the account"),
        "in_flight": _("in flight"),
        "paid": _("paid"),
        "missing": _("missing"),
    }
    found = [(name, word, money.part(name)) for name, word in names.items()]
    found.append(("twice", _("paid twice"), money.overpaid))
    return [(name, word, changes.amount(value)) for name, word, value in found if value > 0]


def fired(events: Iterable[EventLike], *, over: bool) -> str:
    """What became of the faults that were asked for."""
    met = [event for event in events if event.kind == "fault"]
    if not met:
        return _("fault not reached") if over else _("fault not reached yet")
    times = Counter((event.name, str((event.data or {}).get("at", ""))) for event in met)
    said = [(points.fault(at, do), n) for (do, at), n in times.items()]
    return ", ".join(text + (f" ×{n}" if n > 1 else "") for text, n in said)
