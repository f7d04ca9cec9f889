"""What is in doubt now: the prepared transactions of distviz on each server, with the locks that they hold."""

import json
from typing import Any
from uuid import UUID

from django.db import connections

PREFIX = "dv:"  # gids of other programs on the same server are none of our business
ALIASES = ("account", "payment")

# A prepared transaction has no process, so its locks have no pid; they are known by the lock on its own number.
_PREPARED = """
SELECT p.gid, p.database, p.prepared, extract(epoch FROM now() - p.prepared)::float8 AS age,
       (SELECT count(*) FROM pg_locks w
        WHERE w.locktype = 'transactionid' AND w.transactionid = p.transaction AND NOT w.granted) AS waiting,
       COALESCE((SELECT jsonb_agg(DISTINCT
                     jsonb_build_object('type', l.locktype, 'relation', c.relname, 'mode', l.mode))
                 FROM pg_locks own
                 JOIN pg_locks l ON l.pid IS NULL AND l.virtualtransaction = own.virtualtransaction
                 JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p')
                 WHERE own.pid IS NULL AND own.locktype = 'transactionid' AND own.granted
                   AND own.transactionid = p.transaction), '[]')::text AS locks
FROM pg_prepared_xacts p
WHERE starts_with(p.gid, %(prefix)s) AND p.database = current_database()
ORDER BY p.prepared
"""


def prepared(run: UUID | None = None) -> list[dict[str, Any]]:
    """One entry for each participant that has voted yes and waits to hear what was decided, oldest first."""
    prefix = f"{PREFIX}{run}:" if run else PREFIX
    found = [entry for alias in ALIASES for entry in _of(alias, prefix)]
    return sorted(found, key=lambda entry: entry["prepared"])


def run_of(gid: str) -> str | None:
    """The run in `dv:<run>:<participant>`."""
    try:
        return str(UUID(gid.split(":")[1]))
    except (IndexError, ValueError):
        return None


def _of(alias: str, prefix: str) -> list[dict[str, Any]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(_PREPARED, {"prefix": prefix})
        return [
            {
                "gid": gid,
                "run": run_of(gid),
                "participant": gid.rpartition(":")[2],
                "server": alias,
                "database": database,
                "prepared": since,
                "age": round(age, 1),
                "waiting": waiting,
                "locks": json.loads(locks),
            }
            for gid, database, since, age, waiting, locks in cursor.fetchall()
        ]
