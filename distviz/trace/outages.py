"""What passes by itself: a server is away, has no room, takes no writes just now, or another session holds the row.
That is no "no", and no operator could decide it: the run stays open, and sweeps drive it on from its databases."""

from django.db import InterfaceError, OperationalError
from kombu.exceptions import KombuError
from pymongo.errors import ConnectionFailure, ExecutionTimeout

from distviz.codes import LOCKED, Reason
from distviz.errors import Coded
from distviz.trace import context, reasons

_AWAY = (
    OperationalError,
    InterfaceError,
    ConnectionFailure,
    ExecutionTimeout,
    KombuError,
    ConnectionError,
    TimeoutError,
)
READ_ONLY, IDLE_TOO_LONG = "25006", "25P03"  # PostgreSQL's codes
_PASSING = {*LOCKED}


def passes(error: BaseException) -> bool:
    """Whether another attempt, later, may succeed although no operator has acted."""
    if isinstance(error, Coded):
        return error.reason.code in _PASSING
    if isinstance(error, _AWAY) or reasons.sqlstate(error) in (READ_ONLY, IDLE_TOO_LONG):
        return True
    return reasons.of(error).code in _PASSING


def let_pass(code: str) -> None:
    """Register a protocol's code for a conflict with another session or message."""
    _PASSING.add(code)


def leave_open(delivery: context.Delivery, why: Reason, status: str = "retrying") -> None:
    """The end cannot be known now, and no operator is asked: recovery goes on."""
    delivery.tell("retry", "left", delivery.who.rpartition(".")[2], error=why, status=status)
