"""What protocols register for recovery: passes over their own tables, and how to tell the end of an abandoned run."""

from collections.abc import Callable
from decimal import Decimal

from distviz.trace import handlers
from distviz.trace.messages import Message
from distviz.trace.models import Run
from distviz.trace.outcomes import Outcome

Sweep = Callable[[float], int]


Settle = Callable[[Run], Outcome | None]


Late = Callable[[handlers.Place, Message], None]


SWEEPS: dict[str, list[Sweep]] = {}


SETTLERS: dict[str, Settle] = {}


ABANDONED: list[Settle] = []


MOVED: list[Callable[[Run], tuple[Decimal, Decimal]]] = []


LATE: list[Late] = []


def sweeps(place: handlers.Place) -> Callable[[Sweep], Sweep]:
    """Register a pass over a service's own tables: called with a minimum age in seconds, returns how many it sent."""

    def register(sweep: Sweep) -> Sweep:
        SWEEPS.setdefault(place.queue, []).append(sweep)
        return sweep

    return register


def settles(protocol: str) -> Callable[[Settle], Settle]:
    """For a protocol that cannot be driven on: how to find out the end of a run that nothing works on any more."""

    def register(settle: Settle) -> Settle:
        SETTLERS[protocol] = settle
        return settle

    return register


def abandoned(settle: Settle) -> Settle:
    """Register how to find out the end of a run without guards that nothing drives on any more, whatever its protocol
    is."""
    ABANDONED.append(settle)
    return settle


def asks_what_moved(ask: Callable[[Run], tuple[Decimal, Decimal]]) -> Callable[[Run], tuple[Decimal, Decimal]]:
    """Register who asks a run's databases what was taken from the account, less what was given back, and what was
    paid."""
    MOVED.append(ask)
    return ask


def comes_late(count: Late) -> Late:
    """Register who counts a copy that comes to a service after the end of its run, and is not handled any more."""
    LATE.append(count)
    return count
