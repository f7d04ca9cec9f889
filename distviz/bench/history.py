"""A history behind the lab: a few real withdrawals under every protocol, and their copies in every table, with numbers
of their own, made by statements over whole sets. `manage.py books` holds afterwards. The stack has to be up.

What a protocol leaves behind is not described here but read: every table with rows of a run is found by its columns, so
a changed log or a new table is copied too.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from django.db import connections, transaction

from distviz.bench import copied_rows, copied_streams
from distviz.bench.copied_rows import Copies
from distviz.errors import Unavailable
from distviz.postgres.session import answer_within
from distviz.runs import asking
from distviz.services import places
from distviz.services.notification import operations as notification
from distviz.trace import requests, unguarded
from distviz.trace.models import Run
from protocols.registry import PROTOCOLS

AMOUNT = Decimal("1.00")
ACCOUNTS = 4  # of each protocol, that the history is spread over
BATCH = 250  # runs in one transaction
_WAIT_S = 60.0
_OPENED_WITH_MORE = "UPDATE accounts SET opening = opening + %(more)s WHERE name = %(name)s"
_OF_PROTOCOL = " AND protocol = %(protocol)s"

Tell = Callable[[str], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Original:
    """A real run that is over, and where its account is kept."""

    run: Run
    store: str


def fill(
    runs: int,
    *,
    protocols: Sequence[str] = (),
    accounts: int = ACCOUNTS,
    whole_logs: bool = False,
    tell: Tell = _log.info,
) -> float:
    """About `runs` runs more, alike under every protocol. Returns the seconds that it took. The log of a copy is the
    first and the last event of its original, or with `whole_logs` all of them, which takes ten times as long."""
    began = time.monotonic()
    originals = _originals(list(protocols or PROTOCOLS), accounts)
    each = -(-runs // len(originals))
    with answer_within(3600), _without_limit():
        for first, after in pairwise([*range(0, each, BATCH), each]):
            for original in originals:  # in turns, as they come in a lab
                _copy(original, Copies(str(original.run.pk), first + 1, after), whole_logs=whole_logs)
            tell(f"{after * len(originals)} of {each * len(originals)} runs, {time.monotonic() - began:.0f} s")
        _analyze()
    return time.monotonic() - began


def _originals(protocols: Sequence[str], accounts: int) -> list[Original]:
    asked = [
        (asking.ask(asking.Withdrawal(key, one.name, AMOUNT, note="history"), publish=requests.leave).pk, one.store)
        for key in protocols
        for one in unguarded.guarded(PROTOCOLS[key].books.accounts())[:accounts]
    ]
    found = [Original(_over(pk), store) for pk, store in asked]
    _wait(lambda: all(PROTOCOLS[key].books.audit(thorough=False).hold for key in protocols))
    return found


def _over(pk: UUID) -> Run:
    _wait(lambda: Run.objects.filter(pk=pk, finished_at__isnull=False).exists())
    return Run.objects.get(pk=pk)


def _wait(question: Callable[[], bool]) -> None:
    """Until everything of the originals is there: what is still under way would be copied as it stands."""
    deadline = time.monotonic() + _WAIT_S
    while not question():
        if time.monotonic() > deadline:
            raise Unavailable("web_server_silent", where="the workers", text="withdrawals are not over")
        time.sleep(0.1)


def _copy(original: Original, copies: Copies, *, whole_logs: bool) -> None:
    """The run itself comes first, and the money together with what the account was opened with."""
    more = original.run.amount * copies.number
    for alias in sorted(connections, key=lambda one: one != "default"):
        if alias == original.store == copied_streams.ALIAS:
            copied_streams.copy(copies, more)
            continue
        with transaction.atomic(using=alias):
            if alias == original.store:
                about = {"more": more, "name": original.run.account, "protocol": original.run.protocol}
                shared = "protocol" in copied_rows.columns(alias, "accounts")
                places.ask(alias, _OPENED_WITH_MORE + (_OF_PROTOCOL if shared else ""), about)
            copied_rows.copy(alias, copies, whole_logs=whole_logs)
    copied_rows.copy_documents(notification.collection(), copies)


@contextmanager
def _without_limit() -> Iterator[None]:
    """Statements here take as long as they take, and none of them has to outlast a failing machine."""
    for alias in connections:
        places.ask(alias, "SET statement_timeout = 0")
        places.ask(alias, "SET synchronous_commit = off")
    try:
        yield
    finally:
        connections.close_all()


def _analyze() -> None:
    """As autovacuum does after a while."""
    for alias in connections:
        places.ask(alias, "VACUUM ANALYZE")
