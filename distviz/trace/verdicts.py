"""What a status and a gap in the money say of a run."""

from collections.abc import Callable
from decimal import Decimal


def of(status: str, gap: Decimal, *, lossy: bool, driven_on: Callable[[], bool]) -> str:
    """`gap` was taken and not paid. What is taken is missing once nobody drives the run on, where nothing repeats it
    (`lossy`); what was paid too often stays paid."""
    if status in ("in_doubt", "committing"):
        return "in_doubt" if status == "in_doubt" else "temporarily_inconsistent"
    if gap == 0:
        return "consistent"
    if status != "inconsistent" and not lossy:
        return "temporarily_inconsistent"
    if gap < 0:
        return "paid_twice"
    return "temporarily_inconsistent" if driven_on() else "money_lost"
