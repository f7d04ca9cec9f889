"""How many runs may be open at once: of one client, of one address, of all. Who is refused is told when a place will be
free."""

import math
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, close_old_connections, connections
from django.db.models import Max, QuerySet
from django.utils import timezone

from distviz.codes import LOCK_TIMEOUT
from distviz.errors import TooMany
from distviz.trace import reasons
from distviz.trace.models import Parked, Run

# In one order, so that no two wait for each other.
_LOCK = """
SELECT pg_advisory_xact_lock('runs'::regclass::oid::int, n)
FROM (SELECT DISTINCT hashtext(name) AS n FROM unnest(%(names)s::text[]) AS name ORDER BY n) AS found
"""
# Those that a process holds have an index of their own, as have the others: who waits for a person is not read.
_RUNNING = """
SELECT (SELECT count(*) FROM runs WHERE finished_at IS NULL AND holding IS NULL AND status <> 'needs_attention'{more})
    + (SELECT count(*) FROM runs WHERE finished_at IS NULL AND holding IS NOT NULL
       AND status <> 'needs_attention'{more})
"""
SOON_S = 2  # a run that nothing stops is over by then
LOOKED_AT = 500


@dataclass(frozen=True)
class Client:
    """Who asks. `network` is what a client cannot change by throwing its cookie away. On the command line neither is
    set: no share is counted."""

    name: str = ""
    network: str = ""


def require(client: Client, wanted: int = 1) -> None:
    """Raises TooMany if there is no room for so many more runs."""
    limits = [
        ("too_many_open", {"client": client.name}, settings.MAX_OPEN_RUNS_PER_CLIENT),
        ("too_many_open_here", {"network": client.network}, _of_a_network()),
        ("too_many_open_of_all", {}, settings.MAX_OPEN_RUNS),
    ]
    for code, whose, most in limits:
        counts = not whose or (any(whose.values()) and most < settings.MAX_OPEN_RUNS)  # a share of all is none
        if counts and _running(whose) + wanted > most:
            running = Run.objects.filter(finished_at=None, **whose).exclude(status="needs_attention")
            raise TooMany(free_in(running), code, most=most)


def _running(whose: Mapping[str, str]) -> int:
    """The same as SQL: every request asks this, and to put the question together took longer than to answer it."""
    sql = _RUNNING.format(more="".join(f" AND {column} = %({column})s" for column in whose))
    connection: Any = connections["default"]
    _names, [[number]] = connection.ask(sql, dict(whose))
    return int(number)


@contextmanager
def turn(client: Client) -> Iterator[None]:
    """Other threads of this process that ask for the same client or address wait here, and not in `one_by_one`, where
    each would keep a session of the database to itself. Raises TooMany if its turn does not come in time."""
    until = time.monotonic() + settings.LOCK_TIMEOUT_MS / 1000
    with ExitStack() as turns:
        for name in sorted(_shares(client)):
            turns.enter_context(_one_at_a_time(name, until))
        yield


def one_by_one(client: Client) -> bool:
    """Until the end of this transaction, other requests of this client and of its address wait: each of them counts
    what those before it have made. Whether there is anything to count; only a limit of all together may be exceeded,
    by as many as come from different addresses at once. Raises TooMany if its turn does not come in time."""
    names = _shares(client)
    if names:
        try:
            with connections["default"].cursor() as cursor:
                cursor.execute(_LOCK, {"names": names})
        except OperationalError as error:
            if reasons.of(error).code != LOCK_TIMEOUT:
                raise
            raise TooMany(SOON_S) from error
    return bool(names)


def _shares(client: Client) -> list[str]:
    """The names of the shares that are counted for this client."""
    limits = {client.name: settings.MAX_OPEN_RUNS_PER_CLIENT, f"network {client.network}": _of_a_network()}
    return [name for name, most in limits.items() if client.name and most < settings.MAX_OPEN_RUNS]


_turns: dict[str, threading.Lock] = {}
_waiting: Counter[str] = Counter()  # threads that have or want this turn; a lock that nobody wants is forgotten
_at_turns = threading.Lock()


@contextmanager
def _one_at_a_time(name: str, until: float) -> Iterator[None]:
    with _at_turns:
        lock = _turns.setdefault(name, threading.Lock())
        _waiting[name] += 1
    try:
        if not lock.acquire(blocking=False):
            close_old_connections()  # back to the pool while this one only waits
            if not lock.acquire(timeout=max(until - time.monotonic(), 0)):
                raise TooMany(SOON_S)
        try:
            yield
        finally:
            lock.release()
    finally:
        with _at_turns:
            _waiting[name] -= 1
            if not _waiting[name]:
                del _waiting[name], _turns[name]


def _of_a_network() -> int:
    """Behind one address there may be a classroom, but not everybody: half of all is left to others."""
    return settings.MAX_OPEN_RUNS if settings.PRIVATE else max(settings.MAX_OPEN_RUNS // 2, 1)


def free_in(found: "QuerySet[Run]") -> int:
    """Seconds until the first of these runs is over: what waits for a person ends at its limit, what waits for a time
    then, what recovery still has to settle within T_TERM, and everything else soon."""
    runs = list(looked_at(found))
    ends = ends_of(runs, parked([run.pk for run in runs]), timezone.now())
    return max(1, min((math.ceil(seconds) for seconds in ends), default=SOON_S))


def looked_at(found: "QuerySet[Run]") -> "QuerySet[Run, Any]":
    """No more of them than `ends_of` needs: a run's row has all that it wrote, and to refuse must not cost more than
    to let in."""
    columns = ("pk", "holding", "updated_at", "wake_at", "created_at")
    return found.order_by("touched").values_list(*columns, named=True)[:LOOKED_AT]


def parked(ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """The runs with a message that waits for a person: since when the newest of them does."""
    rows = Parked.objects.filter(run__in=ids, state="parked", due_at=None).order_by()
    return dict(rows.values_list("run_id").annotate(Max("at")))


def ends_of(runs: Iterable[Any], waiting: dict[UUID, datetime], now: datetime) -> list[float]:
    limit, stuck = timedelta(seconds=settings.WAIT_MAX_SECONDS), timedelta(seconds=settings.T_TERM)
    ends = []
    for run in runs:
        at = now
        if run.holding:
            at = datetime.fromisoformat(str(run.holding["since"])) + limit
        elif run.pk in waiting:
            at = max(run.updated_at, waiting[run.pk]) + limit
        elif run.wake_at and run.wake_at > now:
            at = run.wake_at
        elif run.created_at < now - stuck:
            at = now + stuck
        ends.append(max((at - now).total_seconds(), 0) + SOON_S)
    return ends
