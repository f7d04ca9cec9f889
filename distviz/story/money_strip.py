"""Where the money of this run is, after each event: in the account, in flight, paid, or missing."""

from copy import copy
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

ZERO = Decimal(0)
PARTS = ("account", "in_flight", "paid", "missing")


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

    @property
    def at_home(self) -> Decimal:
        """How much of the amount is still, or again, in the account; below zero if it was taken twice."""
        return self.amount + self.account

    @property
    def gap(self) -> Decimal:
        """Taken and not paid; negative if more was paid than taken."""
        return -self.account - self.paid

    @property
    def twice(self) -> Decimal:
        """Paid although it was never taken from the account (or was given back)."""
        return max(-self.gap, ZERO)

    def part(self, name: str) -> Decimal:
        return self.at_home if name == "account" else getattr(self, name)


class Strip:
    """Merges the `money` maps of the events; the same map twice changes nothing."""

    def __init__(self, amount: Decimal, *, lossy: bool) -> None:
        self.lossy = lossy
        self._moves: dict[str, dict[str, Decimal]] = {}
        self.now = Money(amount)

    def copied(self) -> "Strip":
        copied = copy(self)
        copied._moves = dict(self._moves)
        return copied

    def feed(self, moves: Any, final: Any = None) -> Money:
        """`moves` is {row key: {"account": "-100.00"} and/or {"paid": "100.00"}}; `final` the totals of a finished
        run, which alone decide what of a gap is missing for good."""
        if isinstance(moves, dict):
            for key, move in moves.items():
                if isinstance(move, dict):
                    numbers = {part: decimal(value) for part, value in move.items()}
                    self._moves[str(key)] = {p: n for p, n in numbers.items() if n is not None}
        account = sum((move.get("account", ZERO) for move in self._moves.values()), ZERO)
        paid = sum((move.get("paid", ZERO) for move in self._moves.values()), ZERO)
        gap = max(-account - paid, ZERO)
        missing = gap if self.lossy else ZERO
        if isinstance(final, dict) and (recorded := decimal(final.get("missing"))) is not None:
            missing = min(max(recorded, ZERO), gap) if gap else ZERO
        self.now = Money(self.now.amount, account, gap - missing, paid, missing)
        return self.now
