"""What is prepared now, as pg_prepared_xacts and pg_locks tell: its age, the locks that it holds, who waits for it."""

from typing import Any

import orjson

from distviz.services import places
from distviz.services.places import Place
from distviz.services.prepared import PREFIX, UUID_OF

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
WHERE {which} AND p.database = current_database() AND p.prepared <= now() - %(age)s::float8 * interval '1 second'
ORDER BY p.prepared
"""
# By place: our own names, and all others.
OURS = "starts_with(p.gid, %(prefix)s) AND p.gid ~ %(ours)s"
NOT_OURS = "p.gid !~ %(ours)s"
# For a waiter pg_blocking_pids answers 0: no process holds the lock of a prepared transaction.
_HELD = """
SELECT p.gid, p.transaction::text AS xid,
       COALESCE((SELECT jsonb_agg(jsonb_build_object(
                     'pid', a.pid, 'who', a.application_name, 'blocked_by', pg_blocking_pids(a.pid),
                     'seconds', round(extract(epoch FROM clock_timestamp() - a.query_start)::numeric, 1)))
                 FROM pg_locks w JOIN pg_stat_activity a USING (pid)
                 WHERE w.locktype = 'transactionid' AND w.transactionid = p.transaction AND NOT w.granted),
                '[]')::text AS waiters
FROM pg_prepared_xacts p WHERE p.database = current_database()
"""
NAMES = """
SELECT p.gid FROM pg_prepared_xacts p
WHERE {which} AND p.database = current_database() AND p.prepared <= now() - %(age)s::float8 * interval '1 second'
"""


def in_doubt(place: Place, min_age: float = 0, tx_id: str = "") -> list[dict[str, Any]]:
    """Our prepared transactions at this place: {gid, database, prepared, age, waiting, locks}, oldest first."""
    return rows(place.alias, OURS, {"prefix": PREFIX + tx_id, "ours": names_at(place), "age": min_age})


def rows(alias: str, which: str, given: dict[str, Any]) -> list[dict[str, Any]]:
    found = places.ask(alias, _PREPARED.format(which=which), given)
    return [{**row, "locks": orjson.loads(row["locks"])} for row in found]


def names(place: Place, min_age: float) -> list[str]:
    """Only the gids of what is prepared for at least that long."""
    given = {"prefix": PREFIX, "ours": names_at(place), "age": min_age}
    return [row["gid"] for row in place.ask(NAMES.format(which=OURS), given)]


def names_at(place: Place) -> str:
    """The pattern of the names that runs have at this place."""
    return f"^{PREFIX}{UUID_OF}:{place.name}$"


def held(alias: str) -> dict[str, dict[str, Any]]:
    """For people, by gid: the transaction's number on its server, and who waits for it: {xid, waiters}."""
    found = places.ask(alias, _HELD, {})
    return {row["gid"]: {"xid": row["xid"], "waiters": orjson.loads(row["waiters"])} for row in found}


def locks(place: Place, tx_id: str) -> list[dict[str, Any]]:
    """What the prepared transaction holds, as PostgreSQL says."""
    return [lock for found in in_doubt(place, tx_id=tx_id) for lock in found["locks"]]
