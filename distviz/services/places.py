"""The services: each with its database, its queue, its lane in the picture, and the only hands on its money."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from django.db import connections, transaction

from distviz.services import holders
from distviz.trace import context, points, processes, statements, steps

_log = logging.getLogger(__name__)

# now() is when the transaction began. The lock on its own number is what others wait for who want one of its rows.
_LOCKS = """
SELECT COALESCE(c.relname, 'transaction ' || l.transactionid::text) AS relation, l.mode,
    pg_backend_pid() AS backend, now() AS since
FROM pg_locks l LEFT JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND l.granted AND (l.locktype = 'transactionid'
    OR l.locktype = 'relation' AND c.relkind IN ('r', 'p') AND l.mode <> 'AccessShareLock')
ORDER BY l.locktype, 1, 2
"""

_STAYS = "SELECT set_config('idle_in_transaction_session_timeout', %(ms)s::text, true)"

# How a step ends, by what PostgreSQL says that it did.
_ENDS = {
    "COMMIT": "commit",
    "COMMIT PREPARED": "commit",
    "PREPARE TRANSACTION": "prepared",
    "ROLLBACK PREPARED": "rollback",
}


@dataclass(frozen=True)
class Place:
    """One service with a PostgreSQL database of its own (`alias`), or without one (the coordinator)."""

    name: str
    alias: str
    queue: str
    lane: str

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """A local transaction of this service; the moment before its COMMIT is the fault point `in_tx`."""
        context.admit()
        try:
            with transaction.atomic(using=self.alias):
                steps.ran("BEGIN")
                yield
                points.about_to_commit(self.stays)
        except BaseException:
            steps.ran("ROLLBACK")
            raise
        steps.ran("COMMIT")
        steps.ends("commit")

    def write(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        """One statement that is a local transaction of its own; the moment before it is the fault point `in_tx`."""
        points.about_to_commit()
        return self.run(sql, **params)

    def verb(self, sql: str) -> str:
        """Run one of PostgreSQL's words for transactions beneath Django, which knows nothing of prepared ones, and
        return what PostgreSQL says that it did. How the open step ends is read off it; the moment before PREPARE
        TRANSACTION is the fault point `in_tx`."""
        if sql.startswith("PREPARE TRANSACTION"):
            points.about_to_commit(self.stays)
        context.admit()
        connection = connections[self.alias]
        connection.ensure_connection()
        steps.ran(sql)
        with connection.wrap_database_errors:
            tag = str(connection.connection.execute(sql, prepare=False).statusmessage)
        if tag in _ENDS:
            steps.ends(_ENDS[tag])
        return tag

    def run(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        """Run one statement in this service's database and show it; returns its rows as dictionaries. Where a guard is
        out it may be another one, or be run once the open step is committed (statements.py)."""
        if statements.is_late(sql):
            steps.afterwards(partial(self._run, sql, params))
            return []
        return self._run(sql, params)

    def _run(self, sql: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        what, since = statements.chosen(sql), time.perf_counter()
        steps.ran(what, params)
        rows = self.ask(what, params)
        steps.wrote(getattr(connections[self.alias], "wrote", 0))
        _log.debug("%s: %s … %d rows in %.1f ms", self.alias, _verb(sql), len(rows), steps.ms(since))
        statements.react(self, sql, params, rows)
        return rows

    def ask(self, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Read without being part of the picture (pages, the auditor)."""
        return ask(self.alias, statements.chosen(sql), params)

    def locks(self) -> list[dict[str, Any]]:
        """What the open transaction holds, as PostgreSQL says, by which of its processes, and since when."""
        return self.ask(_LOCKS)

    def stays(self) -> list[dict[str, Any]]:
        """The same for a transaction that is about to be held: PostgreSQL lets it be idle for as long as a hold lasts,
        and not only for as long as a session may be idle in a transaction otherwise (settings)."""
        self.ask(_STAYS, {"ms": int(processes.ENDED_S * 1000)})
        return self.locks()


@lru_cache(maxsize=256)
def _verb(sql: str) -> str:
    return " ".join(sql.split(maxsplit=4)[:4])


def ask(alias: str, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The rows that a database answers with, as dictionaries. Its errors say in which database they were raised."""
    context.admit()
    connection: Any = connections[alias]
    with holders.raised_in(alias):
        names, rows = connection.ask(sql, params)
    return [dict(zip(names, row, strict=True)) for row in rows]


def of_runs(column: str) -> str:
    """A condition with the parameter `runs`: none at all if that is None, which asks for everything."""
    return f"(%(runs)s::uuid[] IS NULL OR {column} = ANY(%(runs)s::uuid[]))"


@contextmanager
def snapshot(place: Place) -> Iterator[None]:
    """What is asked in here is asked of one moment."""
    with transaction.atomic(using=place.alias):
        place.ask("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


ACCOUNT = Place("account", alias="account", queue="account", lane="account")
PAYMENT = Place("payment", alias="payment", queue="payment", lane="payment")
NOTIFICATION = Place("notification", alias="", queue="notification", lane="notification")
COORDINATOR = Place("coordinator", alias="default", queue="coordinator", lane="api")
