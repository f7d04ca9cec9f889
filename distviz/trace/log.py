"""Writing the run log. One statement takes the next `seq` of the run and inserts the event, so numbers have no gaps and
follow the order of commits. It runs in autocommit on `default`: no rollback of a service can erase the story."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import InterfaceError, OperationalError, connections

from distviz.codes import Reason
from distviz.connections import close_unusable
from distviz.story.words.sentences import english
from distviz.trace import live

_log = logging.getLogger(__name__)

_APPEND = """
WITH run AS (
    UPDATE runs SET seq = seq + 1, updated_at = clock_timestamp(),
        attempts = GREATEST(attempts, %(attempt)s::int), status = COALESCE(%(status)s::text, status),
        open = GREATEST(0, open + %(open)s::int),
        money = money || %(money)s::jsonb,
        holding = CASE WHEN %(hold)s::text IS NULL THEN holding ELSE NULLIF(%(hold)s::jsonb, 'null'::jsonb) END,
        wake_at = CASE WHEN %(wake_ms)s::int IS NULL THEN wake_at
                       ELSE clock_timestamp() + %(wake_ms)s::int * interval '1 millisecond' END
    WHERE id = %(run)s AND finished_at IS NULL
    RETURNING seq, protocol, account
), event AS (
    INSERT INTO run_events (run_id, seq, at, lane, "to", kind, name, phase, attempt, caused_by, span_id,
                            changes, statements, error, data, lines)
    SELECT %(run)s, seq, clock_timestamp(), %(lane)s, %(to)s, %(kind)s, %(name)s, %(phase)s, %(attempt)s::int,
           %(caused_by)s::int, %(span_id)s, %(changes)s::jsonb, %(statements)s::jsonb, %(error)s, %(data)s::jsonb,
           %(lines)s::jsonb
    FROM run
)
SELECT seq, protocol, account FROM run
"""

_RECEIVE = """
UPDATE runs SET wake_at = NULL, updated_at = clock_timestamp(),
    tries = jsonb_set(tries, ARRAY[%(who)s::text], jsonb_build_array(
        COALESCE((tries->%(who)s::text->>0)::int, 0) + 1, COALESCE((tries->%(who)s::text->>1)::int, 0) + 1))
WHERE id = %(run)s AND finished_at IS NULL
RETURNING (tries->%(who)s::text->>0)::int, (tries->%(who)s::text->>1)::int, holding
"""

_LATE = "UPDATE runs SET late = late + 1 WHERE id = %(run)s AND finished_at IS NOT NULL RETURNING late"

_HANDLED = """
UPDATE runs SET open = GREATEST(0, open - 1), tries = jsonb_set(tries, ARRAY[%(who)s::text, '0'], '0', false),
    ending = CASE WHEN %(status)s::text IS NULL OR ending <> '' THEN ending ELSE %(status)s::text END,
    outcome = CASE WHEN %(status)s::text IS NULL OR ending <> '' THEN outcome ELSE %(outcome)s::text END,
    outcome_code = CASE WHEN %(status)s::text IS NULL OR ending <> '' THEN outcome_code ELSE %(code)s::text END,
    outcome_params = CASE WHEN %(status)s::text IS NULL OR ending <> '' THEN outcome_params ELSE %(params)s::jsonb END
WHERE id = %(run)s AND finished_at IS NULL
RETURNING open, ending
"""

_SAY = """
UPDATE run_events e SET lines = lines || %(lines)s::jsonb FROM runs
WHERE e.run_id = %(run)s AND runs.id = e.run_id AND e.seq = runs.seq
RETURNING e.seq
"""

_FINISH = """
WITH run AS (
    UPDATE runs SET seq = seq + 1, updated_at = clock_timestamp(), finished_at = clock_timestamp(), open = 0,
        status = %(status)s, ending = %(status)s, outcome = %(outcome)s, verdict = %(verdict)s,
        outcome_code = %(code)s, outcome_params = %(params)s::jsonb, holding = NULL, wake_at = NULL
    WHERE id = %(run)s AND finished_at IS NULL AND updated_at = COALESCE(%(as_of)s::timestamptz, updated_at)
    RETURNING seq, protocol, account
), event AS (
    INSERT INTO run_events (run_id, seq, at, lane, "to", kind, name, phase, attempt, caused_by, span_id,
                            changes, statements, error, data)
    SELECT %(run)s, seq, clock_timestamp(), 'client', '', 'finished', %(status)s, %(status)s, 1, NULL, '',
           '[]'::jsonb, '[]'::jsonb, '', %(data)s::jsonb
    FROM run
)
SELECT seq, protocol, account FROM run
"""


def dumps(value: object) -> str:
    return orjson.dumps(value, default=str).decode()


def query(sql: str, params: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """One row or None, on the run log's connection. A connection that died meanwhile is opened anew once."""
    connection = connections["default"]
    for last in (False, True):
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, params)
                row: tuple[Any, ...] | None = cursor.fetchone()
                return row
        except (OperationalError, InterfaceError):
            if last or connection.in_atomic_block:
                raise
            connection.close()
            close_unusable()
    return None


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One row of `run_events`. `lines` are what the process has said since the fact before."""

    kind: str
    phase: str
    name: str
    lane: str
    to: str = ""
    attempt: int = 1
    caused_by: int | None = None
    span_id: str = ""
    changes: Iterable[Mapping[str, Any]] = ()
    statements: Iterable[str] = ()
    error: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    lines: Iterable[Mapping[str, Any]] = ()


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a fact means for its run. `opens` counts messages in flight, `holding` is set (a mapping) or cleared (None),
    `wake_ms` says that nothing is overdue before then."""

    status: str | None = None
    opens: int = 0
    holding: Mapping[str, Any] | bool | None = False
    wake_ms: int | None = None


NONE = Effect()


def append(run_id: UUID | str, fact: Fact, effect: Effect = NONE) -> int | None:
    """Append one event and return its `seq`, or None if the run is over (its story is closed) or unknown."""
    row = query(
        _APPEND,
        {
            "run": run_id,
            "lane": fact.lane,
            "to": fact.to,
            "kind": fact.kind,
            "name": fact.name[:80],
            "phase": fact.phase,
            "attempt": fact.attempt,
            "caused_by": fact.caused_by,
            "span_id": fact.span_id,
            "changes": dumps(list(fact.changes)),
            "statements": dumps(list(fact.statements)),
            "error": fact.error[:4000].replace("\x00", ""),
            "data": dumps(fact.data),
            "lines": dumps(list(fact.lines)),
            "money": dumps(fact.data.get("money", {})),
            "status": effect.status,
            "open": effect.opens,
            "hold": None if effect.holding is False else dumps(effect.holding),
            "wake_ms": effect.wake_ms,
        },
    )
    if row is None:
        return None
    seq, protocol, account = row
    live.poke(UUID(str(run_id)), seq, protocol, account)
    return int(seq)


def add_lines(run_id: str, lines: Iterable[Mapping[str, Any]]) -> None:
    """Lines that no event has taken along go to the last one."""
    query(_SAY, {"run": run_id, "lines": dumps(list(lines))})


def receive(run_id: str, who: str) -> tuple[int, int, dict[str, Any] | None] | None:
    """Count a delivery *before* the work, in the database: a message that kills its worker cannot loop for ever.
    Returns (unsuccessful deliveries in a row including this one, all deliveries, what the run holds), or None if the
    run is over."""
    row = query(_RECEIVE, {"run": run_id, "who": who})
    if row is None:
        return None
    holding = row[2]
    return int(row[0]), int(row[1]), orjson.loads(holding) if isinstance(holding, str) else holding


def count_late(run_id: str) -> bool:
    """Count a message that came after the end of its run, whose story is closed. False: there is no such run."""
    return query(_LATE, {"run": run_id}) is not None


def handled(run_id: str, who: str, status: str | None, reason: Reason | None) -> tuple[int, str] | None:
    """One message less in flight; perhaps the end is decided. The first one stays: a copy that comes later finds out
    the same by another way. Returns (messages still in flight, decided end)."""
    row = query(_HANDLED, {"run": run_id, "who": who, "status": status, **_outcome(reason)})
    return (int(row[0]), str(row[1])) if row else None


def finish(
    run_id: UUID | str,
    *,
    status: str,
    reason: Reason,
    verdict: str,
    money: Mapping[str, str],
    as_of: datetime | None = None,
) -> int | None:
    """The last event. Status, verdict and event are one statement, so no reader sees one without the other.
    With `as_of` (the run's `updated_at`) only if the run has not changed since."""
    told = {"verdict": verdict, "outcome": english(reason), "reason": reason.as_json(), "money": money}
    given = {"status": status, "verdict": verdict, "data": dumps(told), **_outcome(reason)}
    row = query(_FINISH, {"run": run_id, "as_of": as_of, **given})
    if row is None:
        return None
    live.poke(UUID(str(run_id)), row[0], row[1], row[2])
    return int(row[0])


def _outcome(reason: Reason | None) -> dict[str, Any]:
    """A run keeps its outcome as a sentence in English and as the code that it was made of."""
    params = dumps(reason.params if reason else {})
    return {"outcome": english(reason)[:300], "code": reason.code if reason else "", "params": params}
