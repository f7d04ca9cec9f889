"""The verbs of two-phase commit as PostgreSQL has them: PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED.

Between the first and one of the others a transaction belongs to no process: it survives crash and restart, with its
locks. Each verb can be repeated, and each believes the server's answer rather than the absence of an error.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg
from django.db import DatabaseError, connections

from distviz.errors import Transient
from distviz.services.places import Place
from distviz.trace import context, faults, steps

PREFIX = "dv:"  # other programs' transactions on the same server are none of our business
_GID = re.compile(r"dv:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([a-z]+)")

NO_SUCH_OBJECT, BUSY_OR_DISABLED, NO_SLOT = "42704", "55000", "53200"

# A prepared transaction has no process, so its locks have no pid; they are known by the lock on its own number.
_PREPARED = """
SELECT p.gid, p.database, p.prepared, extract(epoch FROM now() - p.prepared)::float8 AS age,
       (SELECT count(*) FROM pg_locks w
        WHERE w.locktype = 'transactionid' AND w.transactionid = p.transaction AND NOT w.granted) AS waiting,
       COALESCE((SELECT jsonb_agg(DISTINCT jsonb_build_object('relation', c.relname, 'mode', l.mode))
                 FROM pg_locks own
                 JOIN pg_locks l ON l.pid IS NULL AND l.virtualtransaction = own.virtualtransaction
                 JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p')
                 WHERE own.pid IS NULL AND own.locktype = 'transactionid' AND own.granted
                   AND own.transactionid = p.transaction), '[]')::text AS locks
FROM pg_prepared_xacts p
WHERE starts_with(p.gid, %(prefix)s) AND right(p.gid, length(%(suffix)s)) = %(suffix)s
  AND p.database = current_database() AND p.prepared <= now() - %(age)s::float8 * interval '1 second'
ORDER BY p.prepared
"""
# Who waits for it is blocked by nobody, says pg_blocking_pids: its answer is 0, for no process stands behind the lock.
_HELD = """
SELECT p.gid, p.transaction::text AS xid,
       COALESCE((SELECT jsonb_agg(jsonb_build_object(
                     'pid', a.pid, 'who', a.application_name, 'blocked_by', pg_blocking_pids(a.pid),
                     'seconds', round(extract(epoch FROM clock_timestamp() - a.query_start)::numeric, 1)))
                 FROM pg_locks w JOIN pg_stat_activity a USING (pid)
                 WHERE w.locktype = 'transactionid' AND w.transactionid = p.transaction AND NOT w.granted),
                '[]')::text AS waiters
FROM pg_prepared_xacts p WHERE starts_with(p.gid, %(prefix)s) AND p.database = current_database()
"""
_NAMES = """
SELECT gid FROM pg_prepared_xacts WHERE starts_with(gid, %(prefix)s) AND database = current_database()
    AND prepared <= now() - %(age)s::float8 * interval '1 second'
"""
_IS_PREPARED = "SELECT 1 FROM pg_prepared_xacts WHERE gid = %(gid)s AND database = current_database()"


class CannotPrepare(Exception):
    """The server refused to prepare, and has rolled back: a technical "no" that needs no rollback any more."""


def gid(tx_id: str, place: Place) -> str:
    """The transaction's name on this server. Names are unique per server, not per database: so it tells whose it is."""
    name = f"{PREFIX}{tx_id}:{place.name}"
    if not _GID.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a prepared transaction")
    return name


def tx_of(name: str) -> str | None:
    """The transaction in `dv:<run>:<service>`; None for a name that is not one of ours."""
    found = _GID.fullmatch(name)
    return found[1] if found else None


@contextmanager
def prepared(place: Place, tx_id: str, *, lock_timeout_ms: int) -> Iterator[None]:
    """A local transaction that ends in PREPARE TRANSACTION instead of COMMIT.

    BEGIN goes to PostgreSQL beneath Django, so that nothing of Django ends this transaction and no `on_commit` hook
    takes the promise for a commit.
    """
    name = gid(tx_id, place)
    if connections[place.alias].in_atomic_block:
        raise RuntimeError("a transaction that is to be prepared cannot be part of another one")
    _execute(place, "BEGIN")
    try:
        _execute(place, f"SET LOCAL lock_timeout = {int(lock_timeout_ms)}")
        yield
        opened = context.open_step()
        if opened:
            faults.fire([f"{point}.in_tx" for point in opened.points], place.locks)
        _prepare(place, name)
    except BaseException:
        _roll_back(place)
        raise


def is_prepared(place: Place, tx_id: str) -> bool:
    return bool(place.ask(_IS_PREPARED, {"gid": gid(tx_id, place)}))


def commit(place: Place, tx_id: str) -> bool:
    """COMMIT PREPARED. False: there is no such transaction, so somebody else has finished it."""
    return _finish(place, "COMMIT PREPARED", tx_id)


def rollback(place: Place, tx_id: str) -> bool:
    """ROLLBACK PREPARED. False: there is no such transaction; it was rolled back, or never prepared."""
    return _finish(place, "ROLLBACK PREPARED", tx_id)


def in_doubt(place: Place, min_age: float = 0, tx_id: str = "") -> list[dict[str, Any]]:
    """The prepared transactions of this place: {gid, database, prepared, age, waiting, locks}, oldest first."""
    found = place.ask(_PREPARED, {"prefix": PREFIX + tx_id, "suffix": f":{place.name}", "age": min_age})
    return [{**row, "locks": orjson.loads(row["locks"])} for row in found]


def names(place: Place, min_age: float) -> list[str]:
    """Only the gids of what is prepared for at least that long."""
    return [row["gid"] for row in place.ask(_NAMES, {"prefix": PREFIX, "age": min_age})]


def held(place: Place) -> dict[str, dict[str, Any]]:
    """For people, by gid: the transaction's number on its server, and who waits for it: {xid, waiters}."""
    found = place.ask(_HELD, {"prefix": PREFIX})
    return {row["gid"]: {"xid": row["xid"], "waiters": orjson.loads(row["waiters"])} for row in found}


def locks(place: Place, tx_id: str) -> list[dict[str, Any]]:
    """What the prepared transaction holds, as PostgreSQL says."""
    return [lock for found in in_doubt(place, tx_id=tx_id) for lock in found["locks"]]


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code of an error that Django has wrapped, or ""."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else error
    return (cause.sqlstate or "") if isinstance(cause, psycopg.Error) else ""


def _prepare(place: Place, name: str) -> None:
    """A transaction that failed before answers ROLLBACK here, without an error: only the tag makes a yes of it."""
    try:
        tag = _execute(place, f"PREPARE TRANSACTION '{name}'")
    except DatabaseError as error:
        if sqlstate(error) in (NO_SLOT, BUSY_OR_DISABLED):
            raise CannotPrepare(f"{place.name} cannot prepare: {str(error).splitlines()[0]}") from error
        raise
    if tag != "PREPARE TRANSACTION":
        raise CannotPrepare(f"{place.name} cannot prepare: PostgreSQL answered {tag}")


def _finish(place: Place, verb: str, tx_id: str) -> bool:
    try:
        _execute(place, f"{verb} '{gid(tx_id, place)}'")
    except DatabaseError as error:
        if sqlstate(error) == NO_SUCH_OBJECT:
            return False
        if sqlstate(error) == BUSY_OR_DISABLED:
            raise Transient(f"somebody else is just finishing {gid(tx_id, place)}") from error
        raise
    return True


def _execute(place: Place, sql: str) -> str:
    """Run a verb on the connection beneath Django's, and return what PostgreSQL says that it did."""
    connection = connections[place.alias]
    connection.ensure_connection()
    steps.ran(sql)
    with connection.wrap_database_errors:
        return str(connection.connection.execute(sql, prepare=False).statusmessage)


def _roll_back(place: Place) -> None:
    """Leave no open transaction behind; a connection that cannot even do that is thrown away."""
    try:
        _execute(place, "ROLLBACK")
    except Exception:
        connections[place.alias].close()
