"""Opening balances, and back to them."""

import time
from contextlib import suppress
from decimal import Decimal

from django.conf import settings
from django.db import OperationalError, connections
from pymongo.errors import PyMongoError

from distviz.errors import Unavailable
from distviz.services.auditor import auditing
from distviz.services.notification import operations as notification
from distviz.trace import unguarded
from distviz.trace.models import Run
from protocols.registry import PROTOCOLS

NAMES = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"]
OPENING = Decimal("1000.00")
UNGUARDED = Decimal("1000000.00")  # of the accounts for runs without guards
MOST = 100_000  # accounts under each protocol


def names(count: int) -> list[str]:
    """`alice`, `bob`, `carol` … and, past the eighth, `account-9` and so on."""
    return (NAMES + [f"account-{number}" for number in range(len(NAMES) + 1, count + 1)])[:count]


def seed(count: int = len(NAMES), balance: Decimal = OPENING) -> int:
    """Open the accounts that are missing, in each protocol's own books. Returns how many accounts each has."""
    for protocol in PROTOCOLS.values():
        protocol.books.seed(names(count), balance)
        protocol.books.seed(unguarded.NAMES, UNGUARDED)
    with suppress(PyMongoError):  # without them it is slower, and only where there are very many
        notification.make_indexes()
    return count


def reset(count: int = len(NAMES), balance: Decimal = OPENING) -> None:
    """Forget every run and open the accounts anew. Held steps are let go first, and nothing waits longer than a few
    lock time-outs: raises Unavailable if rows are still locked then."""
    Run.objects.exclude(holding=None).update(holding=None)
    deadline = time.monotonic() + max(5.0, 4 * settings.LOCK_TIMEOUT_MS / 1000)
    while True:
        try:
            _clear()
            break
        except OperationalError as error:
            if time.monotonic() > deadline:
                raise Unavailable("rows_still_locked", text=str(error).strip()) from error
    seed(count, balance)


def _clear() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("TRUNCATE run_events, run_faults, parked_messages, dead_letters, runs RESTART IDENTITY")
    for protocol in PROTOCOLS.values():
        protocol.books.clear()
    auditing.forget()
