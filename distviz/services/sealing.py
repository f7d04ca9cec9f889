"""What an audit leaves for the next one, so that it need not look at everything again: runs that ended some time before
are sealed. What they paid and lost is added up, and only what came after them is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from distviz.services.agreement import RunStates
from distviz.services.gaps import ZERO, Gaps
from distviz.services.places import COORDINATOR

LAST = 2**62  # no row comes after it
# A run's end is stamped within the statement that commits it, which takes no longer than this.
_UPTO = "SELECT clock_timestamp() - interval '30 seconds' AS upto"


@dataclass(frozen=True)
class Sums:
    """Of a protocol's runs; together with the balances they are what the accounts were opened with."""

    paid: Decimal
    in_flight: Decimal
    lost: Decimal
    overpaid: Decimal

    @property
    def gone(self) -> Decimal:
        return self.paid + self.in_flight + self.lost - self.overpaid


@dataclass(frozen=True)
class Seal:
    """Runs that ended at `upto` or before, and their sums. `marks`: the newest rows at that time; one that comes after
    them is looked at, whoever's it is. `opening` and `balances`: of a store that has no balances, up to its mark."""

    upto: datetime
    marks: Mapping[str, int]
    paid: Decimal = ZERO
    lost: Decimal = ZERO
    overpaid: Decimal = ZERO
    opening: Decimal = ZERO
    balances: Decimal = ZERO
    runs: int = field(default=0, compare=False)  # how many were sealed with it
    only: str = ""  # the one run that is not sealed

    def mark(self, name: str) -> int:
        return LAST if self.only else self.marks[name]


def but_for(run: str) -> Seal:
    """As if everything else had been sealed: what is found then is of this run alone. Sums say nothing."""
    return Seal(until(), {}, only=run)


def until() -> datetime:
    """Up to which end runs can be sealed by an audit that begins now."""
    found: datetime = COORDINATOR.ask(_UPTO)[0]["upto"]
    return found


def sums(since: Seal | None, paid: Decimal, gap: Gaps) -> Sums:
    """What was read, and what was sealed before."""
    if since is None:
        return Sums(paid, gap.in_flight, gap.lost, gap.overpaid)
    return Sums(since.paid + paid, gap.in_flight, since.lost + gap.lost, since.overpaid + gap.overpaid)


def seal(
    since: Seal | None,
    upto: datetime,
    marks: Mapping[str, int],
    runs: RunStates,
    paid: Mapping[str, Mapping[str, Any]],
    gap: Gaps,
    **totals: Decimal,
) -> Seal:
    """What was sealed before, and the runs that have ended since."""
    ended = {run for run, one in runs.items() if one.finished is not None and one.finished <= upto}
    before = since or Seal(upto, {})
    gaps = [amount for run, amount in gap.ended.items() if run in ended]
    return Seal(
        upto=upto,
        marks=marks,
        paid=before.paid + sum((row["amount"] for run, row in paid.items() if run in ended), ZERO),
        lost=before.lost + sum((amount for amount in gaps if amount > 0), ZERO),
        overpaid=before.overpaid - sum((amount for amount in gaps if amount < 0), ZERO),
        runs=len(ended),
        opening=totals.get("opening", ZERO),
        balances=totals.get("balances", ZERO),
    )
