"""Replay: make the read models anew from the first event, in an empty place, and compare them with the stored ones."""

import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field
from itertools import zip_longest
from typing import Any

from django.db import connections, transaction

from protocols.event_sourcing.places import PROJECTOR
from protocols.event_sourcing.views import LEAN, Views

CHUNK = 2_000
NAMED = 20  # differences that are spelt out

_EVENTS = f"SELECT {LEAN} FROM events WHERE position <= %(upto)s ORDER BY position"
_HISTORY = """
SELECT position, account, type, delta, balance, withdrawal_id::text, at::text FROM history_view ORDER BY position
"""
_BALANCES = "SELECT account, balance, version, position, at::text, error FROM balance_view"


@dataclass
class Verdict:
    """What a replay found. `events` and `seconds` are of the replay alone."""

    upto: int
    events: int = 0
    entries: int = 0
    balances: int = 0
    seconds: float = 0.0
    different: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.events / self.seconds if self.seconds else 0.0

    def differs(self, what: str) -> None:
        self.different += 1
        if len(self.differences) < NAMED:
            self.differences.append(what)


def verify() -> Verdict:
    """Compare up to the checkpoint, in one snapshot: withdrawals and projector may go on meanwhile."""
    with transaction.atomic(using=PROJECTOR.alias):
        PROJECTOR.ask("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        upto = PROJECTOR.ask("SELECT position FROM checkpoint WHERE name = 'accounts'")[0]["position"]
        verdict, views = Verdict(upto), Views()
        began = time.perf_counter()
        rebuilt = list(views.project(_events(verdict)))
        verdict.seconds = time.perf_counter() - began
        verdict.entries, verdict.balances = len(rebuilt), len(views.balances)
        for mine, theirs in zip_longest(rebuilt, _rows(_HISTORY)):
            if mine != theirs:
                verdict.differs(f"history_view: {_told(theirs)} is stored, the events say {_told(mine)}")
        stored = {row[0]: row for row in _rows(_BALANCES)}
        anew = {view.account: astuple(view) for view in views.balances.values()}
        for name in sorted(stored.keys() | anew.keys()):
            if stored.get(name) != anew.get(name):
                verdict.differs(
                    f"balance_view: {_told(stored.get(name))} is stored, the events say {_told(anew.get(name))}"
                )
    return verdict


def _events(verdict: Verdict) -> Iterator[Any]:
    for row in _rows(_EVENTS, {"upto": verdict.upto}):
        verdict.events += 1
        yield row


def _rows(sql: str, params: dict[str, Any] | None = None) -> Iterator[Any]:
    """Through a cursor on the server, so that the store need not fit into memory."""
    with connections[PROJECTOR.alias].chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(CHUNK):
            yield from rows


def _told(row: Any) -> str:
    return "nothing" if row is None else " ".join(str(value) for value in row)
