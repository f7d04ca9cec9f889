"""The run log's connection, and what is written to a run besides its events (writing.py): deliveries are counted, and
the last event is written with the run's end."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import InterfaceError, OperationalError, connections

from distviz.codes import Reason
from distviz.connections import close_unusable
from distviz.story.words.sentences import english
from distviz.trace import live

_RECEIVE = """
UPDATE runs SET wake_at = NULL, updated_at = clock_timestamp(),
    deliveries = jsonb_set(deliveries, ARRAY[%(who)s::text], jsonb_build_array(
        COALESCE((deliveries->%(who)s::text->>0)::int, 0) + 1, COALESCE((deliveries->%(who)s::text->>1)::int, 0) + 1))
WHERE id = %(run)s AND finished_at IS NULL
RETURNING (deliveries->%(who)s::text->>0)::int, (deliveries->%(who)s::text->>1)::int, holding
"""

_LATE = "UPDATE runs SET late = late + 1 WHERE id = %(run)s AND finished_at IS NOT NULL RETURNING late"

_REOPEN = """
UPDATE runs SET open = open + 1,
    deliveries = jsonb_set(deliveries, ARRAY[%(who)s::text, '0'], to_jsonb(%(attempt)s::int), false)
WHERE id = %(run)s AND finished_at IS NULL
RETURNING open
"""

_SAY = """
UPDATE run_events e SET lines = lines || %(lines)s::jsonb FROM runs
WHERE e.run_id = %(run)s AND runs.id = e.run_id AND e.seq = runs.seq
RETURNING e.seq
"""

_FINISH = """
WITH run AS (
    UPDATE runs SET seq = seq + 1, updated_at = clock_timestamp(), finished_at = clock_timestamp(), open = 0,
        status = %(status)s, ending = %(status)s, outcome = left(%(outcome)s, 300), verdict = %(verdict)s,
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
    """One row or None, see `rows`."""
    found = rows(sql, params)
    return found[0] if found else None


def rows(sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows, on the run log's connection. A connection that died meanwhile is opened anew once."""
    connection: Any = connections["default"]
    for last in (False, True):
        try:
            found: list[tuple[Any, ...]] = connection.ask(sql, params)[1]
            return found
        except (OperationalError, InterfaceError):
            if last or connection.in_atomic_block:
                raise
            connection.close()
            close_unusable()
    return []


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


def reopen(run_id: str, who: str, attempt: int) -> None:
    """What was to follow from a message could not be sent: it is not dealt with after all."""
    query(_REOPEN, {"run": run_id, "who": who, "attempt": attempt})


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
    data = {"verdict": verdict, "outcome": english(reason), "reason": reason.as_json(), "money": money}
    given = {"status": status, "verdict": verdict, "data": dumps(data), **outcome_of(reason)}
    row = query(_FINISH, {"run": run_id, "as_of": as_of, **given})
    if row is None:
        return None
    live.poke(UUID(str(run_id)), row[0], row[1], row[2])
    return int(row[0])


def outcome_of(reason: Reason | None) -> dict[str, Any]:
    """A run keeps its outcome as a sentence in English and as the code that it was made of."""
    params = dumps(reason.params if reason else {})
    return {"outcome": english(reason), "code": reason.code if reason else "", "params": params}
