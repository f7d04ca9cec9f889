"""What was taken and not paid, run by run. Amounts of opposite sign are never added up: money that one run lost is not
balanced by what another one paid twice."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Gaps:
    """By run, and never zero: above zero was taken and not paid, below was paid and not taken."""

    open: Mapping[str, Decimal]
    ended: Mapping[str, Decimal]

    @property
    def in_flight(self) -> Decimal:
        return _above_zero(self.open.values())

    @property
    def lost(self) -> Decimal:
        return _above_zero(self.ended.values())

    @property
    def overpaid(self) -> Decimal:
        """By runs that are over and by those that are not: what was paid twice does not come back."""
        return _above_zero(-gap for gap in [*self.open.values(), *self.ended.values()])

    @property
    def explained(self) -> Decimal:
        """How much more was taken than paid, as these runs account for it."""
        return self.in_flight + self.lost - self.overpaid


def between(
    taken: Mapping[str, Mapping[str, Any]], paid: Mapping[str, Mapping[str, Any]], still_open: Collection[str]
) -> Gaps:
    """From what was taken and what was paid, {run: {"amount": …}}."""
    every = {run: _amount(taken, run) - _amount(paid, run) for run in taken.keys() | paid.keys()}
    gaps = {run: gap for run, gap in every.items() if gap}
    return Gaps(
        open={run: gap for run, gap in gaps.items() if run in still_open},
        ended={run: gap for run, gap in gaps.items() if run not in still_open},
    )


def _amount(rows: Mapping[str, Mapping[str, Any]], run: str) -> Decimal:
    amount: Decimal = rows[run]["amount"] if run in rows else ZERO
    return amount


def _above_zero(amounts: Iterable[Decimal]) -> Decimal:
    return sum((amount for amount in amounts if amount > 0), ZERO)
