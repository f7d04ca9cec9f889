"""Where the money of this run is, after each event: in the account, in flight, paid, or missing."""

from copy import copy
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from distviz.story.driving import Driving
from distviz.story.shapes import EventLike

ZERO = Decimal(0)
PARTS = ("account", "in_flight", "paid", "missing")
TOLD = (*PARTS, "overpaid")  # in words and tables; on the strip it is a texture of what is paid


def decimal(value: Any) -> Decimal | None:
    """A number of the log, or None if it is none: a picture must not fall over one odd field."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


@dataclass(frozen=True, slots=True)
class Money:
    """The amount of one withdrawal, in parts. `account` is what the account gained (negative: it was taken)."""

    amount: Decimal
    account: Decimal = ZERO
    in_flight: Decimal = ZERO
    paid: Decimal = ZERO
    missing: Decimal = ZERO
    overpaid: Decimal = ZERO  # paid and never taken from the account (or given back): nobody will put that right

    @property
    def at_home(self) -> Decimal:
        """How much of the amount is still, or again, in the account; below zero if it was taken twice."""
        return self.amount + self.account

    @property
    def gap(self) -> Decimal:
        """Taken and not paid; negative if more was paid than taken."""
        return -self.account - self.paid

    def part(self, name: str) -> Decimal:
        return self.at_home if name == "account" else getattr(self, name)


class Strip:
    """Merges the `money` maps of the events; the same map twice changes nothing. Where nothing is repeated (`lossy`), a
    gap is missing once nobody drives the run on; elsewhere the run's end alone decides that."""

    def __init__(self, amount: Decimal, *, lossy: bool) -> None:
        self._moves: dict[str, dict[str, Decimal]] = {}
        self._driving = Driving() if lossy else None
        self.now = Money(amount)

    @property
    def stranded(self) -> bool:
        """Nothing drives the run on, and nothing will."""
        return self._driving is not None and not self._driving.goes_on

    def copied(self) -> "Strip":
        copied = copy(self)
        copied._moves = dict(self._moves)
        copied._driving = self._driving.copied() if self._driving else None
        return copied

    def feed(self, event: EventLike) -> Money:
        """`data.money` is {row key: {"account": "-100.00"} and/or {"paid": "100.00"}}; of the last event, the totals of
        the run."""
        data = event.data if isinstance(event.data, dict) else {}
        moves = data.get("money")
        if self._driving:
            self._driving.feed(event)
        if event.kind == "finished":
            self._read(moves if isinstance(moves, dict) else {}, over=True)
        else:
            self._merge(moves)
            self._read({}, over=False)
        return self.now

    def _merge(self, moves: Any) -> None:
        for key, move in moves.items() if isinstance(moves, dict) else ():
            if isinstance(move, dict):
                numbers = {part: decimal(value) for part, value in move.items()}
                self._moves[str(key)] = {p: n for p, n in numbers.items() if n is not None}

    def _read(self, final: dict[str, Any], *, over: bool) -> None:
        """At the end the totals are those of the databases: a process may have died before it could record a move."""
        account, paid = self._total("account", final), self._total("paid", final)
        gap, more = max(-account - paid, ZERO), max(account + paid, ZERO)
        stranded = self.stranded or (over and self._driving is not None)
        missing, overpaid = (gap if stranded else ZERO), (more if over or self._driving else ZERO)
        if (recorded := decimal(final.get("missing"))) is not None:
            missing = min(max(recorded, ZERO), gap)
        if (recorded := decimal(final.get("overpaid"))) is not None:
            overpaid = min(max(recorded, ZERO), more)
        self.now = Money(self.now.amount, account, gap - missing, paid, missing, overpaid)

    def _total(self, part: str, final: dict[str, Any]) -> Decimal:
        recorded = decimal(final[part]) if part in final else None
        return sum((m.get(part, ZERO) for m in self._moves.values()), ZERO) if recorded is None else recorded
