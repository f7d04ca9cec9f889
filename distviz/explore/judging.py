"""How a run ended, and what is wrong with it: what the databases say, not what the run log says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from distviz.codes import Reason
from distviz.explore import ends
from distviz.services import sealing
from distviz.services.agreement import Resurfaced
from distviz.services.gaps import ZERO
from distviz.trace import unguarded
from distviz.trace.models import Run
from protocols.catalogue import Protocol


@dataclass(frozen=True)
class Ending:
    """`money`: where it is, if it is where it should be; `wrong`: each thing that the databases say against it."""

    end: str
    money: str = ""
    wrong: list[Reason] = field(default_factory=list)


def judge(protocol: Protocol, run: Run, *, doubted: bool = False, person: bool = False) -> Ending:
    """`doubted`: something of it was prepared for longer than it takes; `person`: it waited for manual action."""
    taken, paid = _moved(protocol.books.taken([str(run.pk)])), _moved(protocol.books.paid([str(run.pk)]))
    if run.finished_at is None:
        return Ending(ends.UNKNOWN, wrong=[Reason.of("explore_open", status=run.status, taken=taken, paid=paid)])
    if taken != paid or taken not in (ZERO, run.amount):
        return Ending(ends.LOST, wrong=[Reason.of("explore_lost", taken=taken, paid=paid)])
    money = ends.PAID if taken else ends.BACK if run.status == "compensated" else ends.NOTHING
    if wrong := [*_said_otherwise(run), *against(protocol, run)]:
        return Ending(ends.BROKEN, money, wrong)
    if person or doubted:
        return Ending(ends.PERSON if person else ends.SETTLED, money)
    return Ending({ends.PAID: ends.KEPT, ends.BACK: ends.MADE_GOOD}.get(money, ends.DECLINED), money)


def judge_both(protocol: Protocol, runs: Sequence[Run], **more: bool) -> Ending:
    """Of two withdrawals from one account, the end that says more: a bad one, one that is not known, or the first
    one's. Together they may be wrong where each of them is right."""
    endings = [judge(protocol, run, **more) for run in runs]
    if len(runs) > 1:
        endings = [*_overdrawn(protocol, runs[0].account), *endings]
    rank: list[Callable[[Ending], bool]] = [lambda one: one.end in ends.BAD, lambda one: one.end == ends.UNKNOWN]
    return next((one for of_rank in rank for one in endings if of_rank(one)), endings[0])


def _overdrawn(protocol: Protocol, account: str) -> Iterator[Ending]:
    for one in protocol.books.accounts():
        if one.name == account and one.balance < 0:
            yield Ending(ends.LOST, wrong=[Reason.of("explore_overdrawn", short=-one.balance)])


def against(protocol: Protocol, run: Run) -> list[Reason]:
    """The invariants of the books that do not hold, as far as they name this run or its account."""
    own = unguarded.is_own(run.account)
    try:
        found = protocol.books.audit(since=sealing.but_for(str(run.pk)), without_guards=own).invariants
    except Resurfaced:
        found = protocol.books.audit(without_guards=own).invariants
    names = {str(run.pk), run.account}
    return [
        Reason.of("explore_broken", id=one.id, found=one.reason)
        for one in found
        if not one.holds and names & set(_texts(one.reason.params))
    ]


def _said_otherwise(run: Run) -> Iterator[Reason]:
    """The money is right, and something else was not done: a customer was not told."""
    if run.status == "inconsistent":
        yield run.outcome_reason or Reason("no_reason")


def _moved(found: Mapping[Any, Decimal]) -> Decimal:
    return sum(found.values(), ZERO)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        yield from value.split(": ")
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, Reason):
        yield from _texts(value.params)
