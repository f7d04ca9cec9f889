"""Replay: make the read models anew from the first event, in an empty place, and compare them with the stored ones."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from django.db import connections, transaction

from distviz.codes import Reason
from distviz.story.words.sentences import say
from protocols.event_sourcing import checkpoint
from protocols.event_sourcing.aggregate import EFFECT
from protocols.event_sourcing.projection import PROJECTOR, project

CHUNK = 2_000
NAMED = 20  # differences that are spelt out

# What the projector reads, and of most events no more than that they are there: reading is what a replay spends its
# time on, and this makes it several times as fast.
_MOVES = f"type IN ({', '.join(repr(kind) for kind in EFFECT)})"
_EVENTS = f"""
SELECT position, regexp_replace(aggregate, '^account:', ''), version, type,
    CASE WHEN {_MOVES} THEN withdrawal_id::text END, CASE WHEN {_MOVES} THEN data->>'amount' END,
    CASE WHEN {_MOVES} THEN at::text END
FROM events WHERE position <= %(upto)s ORDER BY position
"""
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
    found: list[Reason] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.events / self.seconds if self.seconds else 0.0

    @property
    def differences(self) -> list[str]:
        """In the language of the page."""
        return [say(reason) for reason in self.found]

    def compare(self, view: str, stored: Any, anew: Any) -> None:
        if stored == anew:
            return
        self.different += 1
        if len(self.found) < NAMED:
            self.found.append(_difference(view, stored, anew))


def verify() -> Verdict:
    """Compare up to the checkpoint, in one snapshot: withdrawals and projector may go on meanwhile."""
    with transaction.atomic(using=PROJECTOR.alias):
        PROJECTOR.ask("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        upto = PROJECTOR.ask("SELECT position FROM checkpoint WHERE name = 'accounts'")[0]["position"]
        verdict = Verdict(upto)
        if wrong := checkpoint.ahead():
            verdict.different, verdict.found = 1, [wrong]
        balances: dict[str, dict[str, Any]] = {}
        began = time.perf_counter()
        history = [tuple(line.values()) for line in project(balances, _events(verdict))]
        verdict.seconds = time.perf_counter() - began
        verdict.entries, verdict.balances = len(history), len(balances)
        for anew, stored in zip_longest(history, _rows(_HISTORY)):
            verdict.compare("history_view", stored, anew)
        made = {view["account"]: tuple(view.values()) for view in balances.values()}
        kept = {row[0]: row for row in _rows(_BALANCES)}
        for name in sorted(made.keys() | kept.keys()):
            verdict.compare("balance_view", kept.get(name), made.get(name))
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


def _difference(view: str, stored: Any, anew: Any) -> Reason:
    if stored is None:
        return Reason.of("view_lacks_a_row", view=view, anew=_shown(anew))
    if anew is None:
        return Reason.of("view_has_a_row_too_many", view=view, stored=_shown(stored))
    return Reason.of("view_differs", view=view, stored=_shown(stored), anew=_shown(anew))


def _shown(row: Any) -> str:
    return " ".join(str(value) for value in row)
