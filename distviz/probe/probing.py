"""What does another session read right now? Asked of every database at this instant, on connections of its own."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import psycopg
from django.utils import timezone
from pymongo.errors import PyMongoError

from distviz.probe import isolation, locks, uncommitted
from distviz.probe.isolation import Observation
from distviz.probe.locks import RowLock
from distviz.probe.reads import Read, plain
from distviz.probe.visitor import Session, session
from distviz.trace import processes
from distviz.trace.models import Event, Run

SNAPSHOTS = ("READ COMMITTED", "SERIALIZABLE")


@dataclass(frozen=True)
class StoreReading:
    """What one question was answered: the rows that a snapshot of this moment has, under both isolation levels, and
    beside them what this run has written there and not committed."""

    read: Read
    rows: list[dict[str, Any]] = field(default_factory=list)
    serializable: list[dict[str, Any]] | None = None
    lock: RowLock | None = None
    uncommitted: dict[str, Any] | None = None
    ms: float = 0.0
    error: str = ""

    @property
    def row(self) -> str:
        return self.read.row

    def as_dict(self) -> dict[str, Any]:
        read = self.read
        return {
            "means": read.means.split(),
            "store": read.store,
            "row": read.row,
            "sql": " ".join(read.sql.split()),
            "read_committed": self.rows,
            "serializable": self.serializable,
            "uncommitted": self.uncommitted,
            "for_update_nowait": self.lock.as_dict() if self.lock else None,
            "ms": self.ms,
            "error": self.error or None,
        }


@dataclass(frozen=True)
class Probe:
    """One query of each store."""

    run: Run
    at: datetime
    answers: list[StoreReading]
    observations: list[Observation]
    ms: float

    def as_dict(self) -> dict[str, Any]:
        return {
            "run": self.run.pk,
            "at": self.at,
            "ms": self.ms,
            "reads": [answer.as_dict() for answer in self.answers],
            "findings": [observation.as_dict() for observation in self.observations],
        }


def now(run: Run, reads: Sequence[Read], halves: str) -> Probe:
    """Ask. A server that does not answer costs its own answers and no others. `halves`: see isolation.py."""
    at, begun = timezone.now(), time.monotonic()
    events = Event.objects.filter(run=run, kind__in=uncommitted.KINDS).order_by("seq")
    written = uncommitted.rows(events, held=run.holding is not None and processes.alive(run.holding))
    answers: list[StoreReading] = []
    for alias, some in groupby(reads, lambda read: read.place.alias if read.place else ""):
        asked = list(some)
        answers += _of_database(alias, asked, run) if alias else [_of_documents(read) for read in asked]
    answers = [_beside(answer, written) for answer in answers]
    return Probe(run, at, answers, isolation.observations(run, answers, halves), _since(begun))


def _of_database(alias: str, reads: list[Read], run: Run) -> list[StoreReading]:
    try:
        with session(alias) as visitor:
            return [_ask(visitor, read, run) for read in reads]
    except psycopg.Error as error:
        return [StoreReading(read, error=_first_line(error)) for read in reads]


def _ask(visitor: Session, read: Read, run: Run) -> StoreReading:
    begun = time.monotonic()
    committed, serializable = (_snapshot(visitor, level, read) for level in SNAPSHOTS)
    lock = locks.ask(visitor, *read.lock, read.params) if read.lock else None
    took = _since(begun)
    if lock and not lock.free:
        lock = locks.with_runs(lock, run.protocol, run.account)
    return StoreReading(read, committed, serializable, lock, ms=took)


def _snapshot(visitor: Session, level: str, read: Read) -> list[dict[str, Any]]:
    visitor.execute(f"BEGIN ISOLATION LEVEL {level} READ ONLY")
    found = [plain(row) for row in visitor.execute(read.sql, read.params).fetchall()]
    visitor.execute("COMMIT")
    return found


def _of_documents(read: Read) -> StoreReading:
    begun = time.monotonic()
    assert read.documents
    try:
        return StoreReading(read, read.documents(), ms=_since(begun))
    except PyMongoError as error:
        return StoreReading(read, error=_first_line(error))


def _beside(answer: StoreReading, written: Iterable[uncommitted.Written]) -> StoreReading:
    """The question's own row, or the first of the rows of its table."""
    read = answer.read
    mine = [row for row in written if row.store == read.store and row.is_of(read.row)]
    return StoreReading(**{**vars(answer), "uncommitted": mine[0].after}) if mine else answer


def _since(begun: float) -> float:
    return round((time.monotonic() - begun) * 1000, 1)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:200] or type(error).__name__
