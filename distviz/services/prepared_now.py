"""What is prepared now, as pg_prepared_xacts and pg_locks tell: its age, the locks that it holds, who waits for it."""

from typing import Any

import orjson

from distviz.services.places import Place
from distviz.services.prepared import PREFIX

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
# For a waiter pg_blocking_pids answers 0: no process holds the lock of a prepared transaction.
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
SELECT gid FROM pg_prepared_xacts
WHERE starts_with(gid, %(prefix)s) AND right(gid, length(%(suffix)s)) = %(suffix)s AND database = current_database()
  AND prepared <= now() - %(age)s::float8 * interval '1 second'
"""


def in_doubt(place: Place, min_age: float = 0, tx_id: str = "") -> list[dict[str, Any]]:
    """The prepared transactions of this place: {gid, database, prepared, age, waiting, locks}, oldest first."""
    found = place.ask(_PREPARED, {"prefix": PREFIX + tx_id, "suffix": f":{place.name}", "age": min_age})
    return [{**row, "locks": orjson.loads(row["locks"])} for row in found]


def names(place: Place, min_age: float) -> list[str]:
    """Only the gids of what is prepared for at least that long."""
    return [row["gid"] for row in place.ask(_NAMES, {"prefix": PREFIX, "suffix": f":{place.name}", "age": min_age})]


def held(place: Place) -> dict[str, dict[str, Any]]:
    """For people, by gid: the transaction's number on its server, and who waits for it: {xid, waiters}."""
    found = place.ask(_HELD, {"prefix": PREFIX})
    return {row["gid"]: {"xid": row["xid"], "waiters": orjson.loads(row["waiters"])} for row in found}


def locks(place: Place, tx_id: str) -> list[dict[str, Any]]:
    """What the prepared transaction holds, as PostgreSQL says."""
    return [lock for found in in_doubt(place, tx_id=tx_id) for lock in found["locks"]]
