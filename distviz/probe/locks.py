"""Who holds a row, and who waits for it: asked of PostgreSQL itself.

A row that is being changed carries the number of that transaction in `xmax`; pg_locks says whose number it is. A
session that wants the row waits for that number, or, behind the first who waits, for the row's place in its page.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

import psycopg

from distviz.probe.visitor import Session
from distviz.trace import processes

NOT_AVAILABLE = "55P03"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORKER = re.compile(r"distviz worker:(\S+) (\d+)(?:/(\d+))?")

_HOLDER = """
SELECT l.pid AS backend, a.application_name AS application, COALESCE(p.prepared, a.xact_start) AS since,
    COALESCE(p.gid, '') AS gid,
    ARRAY(SELECT DISTINCT c.relname || ' ' || o.mode
              FROM pg_locks o JOIN pg_class c ON c.oid = o.relation
              WHERE o.virtualtransaction = l.virtualtransaction AND o.pid IS NOT DISTINCT FROM l.pid AND o.granted
                AND c.relkind IN ('r', 'p') AND o.mode <> 'AccessShareLock' ORDER BY 1) AS locks
FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
LEFT JOIN pg_prepared_xacts p ON p.transaction = l.transactionid
WHERE l.locktype = 'transactionid' AND l.granted AND l.transactionid::text = %(xmax)s
"""
_WAITERS = """
SELECT DISTINCT ON (w.pid) w.pid AS backend, a.application_name AS application, w.waitstart AS since
FROM pg_locks w JOIN pg_stat_activity a ON a.pid = w.pid
WHERE NOT w.granted AND (w.locktype = 'transactionid' AND w.transactionid::text = %(xmax)s
    OR w.locktype = 'tuple' AND w.relation = %(table)s::regclass AND format('(%%s,%%s)', w.page, w.tuple) = %(ctid)s)
ORDER BY w.pid
"""


@dataclass(frozen=True)
class Contender:
    """A session that holds or waits: PostgreSQL's process, ours behind it, and the run that it works for, if known.
    A prepared transaction has a `gid` instead of processes."""

    backend: int | None
    since: datetime | None
    service: str = ""
    pid: int | None = None
    thread: int | None = None  # of that process, where it has several
    gid: str = ""
    run: str = ""
    locks: tuple[str, ...] = ()

    @property
    def who(self) -> str:
        return f"{self.pid}/{self.thread}" if self.thread else str(self.pid or "")


@dataclass(frozen=True)
class RowLock:
    """Would `SELECT … FOR UPDATE NOWAIT` get this row now? If not: 55P03, who holds it and who waits for it."""

    free: bool
    sqlstate: str = ""
    holder: Contender | None = None
    waiters: tuple[Contender, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def ask(session: Session, table: str, where: str, params: Mapping[str, Any]) -> RowLock | None:
    """Try to lock the row, for no longer than it takes to let go of it again. None: there is no such row."""
    place = session.execute(f"SELECT xmax::text AS xmax, ctid::text AS ctid FROM {table} WHERE {where}", params)
    found = place.fetchone()
    if found is None:
        return None
    try:
        with session.transaction(force_rollback=True):
            session.execute(f"SELECT 1 FROM {table} WHERE {where} FOR UPDATE NOWAIT", params)
        return RowLock(free=True)
    except psycopg.errors.LockNotAvailable:
        pass
    row = {**found, "table": table}
    holder = session.execute(_HOLDER, row).fetchone()
    waiters = session.execute(_WAITERS, row).fetchall()
    held_by = _contender(holder) if holder else None
    return RowLock(False, NOT_AVAILABLE, held_by, tuple(_contender(waiter) for waiter in waiters))


def with_runs(lock: RowLock, protocol: str, account: str) -> RowLock:
    """The same, with the open runs on this account that the processes work for."""
    sessions = [*([lock.holder] if lock.holder else []), *lock.waiters]
    runs = processes.working_for(protocol, account, [one.who for one in sessions if one.who])
    holder = _working(lock.holder, runs) if lock.holder else None
    return replace(lock, holder=holder, waiters=tuple(_working(contender, runs) for contender in lock.waiters))


def _working(contender: Contender, runs: Mapping[str, str]) -> Contender:
    return replace(contender, run=contender.run or runs.get(contender.who, ""))


def _contender(row: Mapping[str, Any]) -> Contender:
    worker = _WORKER.match(row["application"] or "")
    gid, run = str(row.get("gid") or ""), _UUID.search(str(row.get("gid") or ""))
    return Contender(
        backend=row["backend"],
        since=row["since"],
        service=worker[1] if worker else "",
        pid=int(worker[2]) if worker else None,
        thread=int(worker[3]) if worker and worker[3] else None,
        gid=gid,
        run=run[0] if run else "",
        locks=tuple(row.get("locks") or ()),
    )
