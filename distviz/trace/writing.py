"""Writing the run log. One statement takes the next numbers of a run and inserts the pending events, so
numbers have no gaps and follow the order of commits. It runs in autocommit on `default`: no rollback of a service can
erase the story.

An event may have happened a moment before it is written: its time is then that much before the statement's, as the
server's clock has it, and never before that of the run's last event.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from distviz.trace import live, log
from distviz.trace.log_events import Completion, FirstDelivery, PendingEvent, RunStanding, number

_ROW = """n int, ago float8, after int, caused_by int, lane text, "to" text, kind text, name text, phase text,
        attempt int, span_id text, changes jsonb, statements jsonb, error text, data jsonb, lines jsonb"""
_ADDED = """was.id, was.seq + added.n,
        LEAST(clock_timestamp(), GREATEST(was.updated_at, statement_timestamp() - added.ago * interval '1 second')),
        added.lane, added."to", added.kind, added.name, added.phase, added.attempt,
        COALESCE(added.caused_by, was.seq + added.after), added.span_id, added.changes, added.statements, added.error,
        added.data, added.lines"""
_IS_FIRST = """
        AND NOT jsonb_exists(deliveries, %(who)s::text) AND holding->>'mid' IS DISTINCT FROM %(mid)s::text"""
_COUNTS = """,
        deliveries = runs.deliveries || jsonb_build_object(%(who)s::text, '[1, 1]'::jsonb)"""
# Who does not sleep is not woken: `wake_at` is in an index.
_WAKES = """CASE WHEN {0} > 0 OR {0} = 0 AND wake_at > now()
    THEN clock_timestamp() + {0} * interval '1 ms' ELSE wake_at END"""
# What a completed delivery makes of the run's end. Nothing moves the money of a run that is over: what its log says
# that moved is what moved, where it agrees with the end. Where it does not, a process died between its COMMIT and the
# log, and the databases are asked (ending.py).
_ENDS = """, decided AS (
    SELECT was.id, GREATEST(0, was.open + %(open)s::int - 1) AS open, was.money || %(money)s::jsonb AS money,
        %(ends)s::text IS NOT NULL AND was.ending = '' AS mine,
        CASE WHEN was.ending = '' THEN COALESCE(%(ends)s::text, '') ELSE was.ending END AS ending
    FROM was
), why AS (
    SELECT decided.id, decided.open, decided.ending,
        CASE WHEN mine THEN %(outcome)s::text ELSE was.outcome END AS outcome,
        CASE WHEN mine THEN %(code)s::text ELSE was.outcome_code END AS code,
        CASE WHEN mine THEN %(params)s::jsonb ELSE was.outcome_params END AS params,
        sums.account, sums.paid
    FROM was, decided, LATERAL (
        SELECT COALESCE(sum((value->>'account')::numeric), 0) AS account,
            COALESCE(sum((value->>'paid')::numeric), 0) AS paid FROM jsonb_each(decided.money)) AS sums
), found AS (
    SELECT *, %(may_end)s::boolean AND ending <> '' AND open = 0 AND code <> ''
        AND account + paid = 0 AND (ending = 'succeeded') = (account <> 0) AS ends
    FROM why
)"""
_COMPLETES = """,
        deliveries = jsonb_set(runs.deliveries, ARRAY[%(who)s::text, '0'], '0', false), ending = found.ending,
        outcome = left(found.outcome, 300), outcome_code = found.code, outcome_params = found.params,
        verdict = CASE WHEN found.ends THEN 'consistent' ELSE runs.verdict END,
        finished_at = CASE WHEN found.ends THEN clock_timestamp() END"""
_LAST = """, finished AS (
    INSERT INTO run_events (run_id, seq, at, lane, "to", kind, name, phase, attempt, caused_by, span_id,
                            changes, statements, error, data)
    SELECT was.id, was.seq + %(n)s::int + 1, clock_timestamp(), 'client', '', 'finished', found.ending, found.ending,
        1, NULL, '', '[]'::jsonb, '[]'::jsonb, '', jsonb_build_object(
            'verdict', 'consistent', 'outcome', found.outcome,
            'reason', jsonb_build_object('code', code, 'params', params),
            'money', jsonb_build_object('account', round(account, 2)::text, 'paid', round(paid, 2)::text,
                'in_flight', '0.00', 'missing', '0.00', 'overpaid', '0.00'))
    FROM was, found WHERE found.ends
)"""


def _statement(*, first: bool = False, completes: bool = False) -> str:
    status = "COALESCE(%(status)s::text, runs.status)"
    holding = """CASE WHEN %(hold)s::text IS NULL THEN runs.holding
                       ELSE NULLIF(%(hold)s::jsonb, 'null'::jsonb) END"""
    wakes = _WAKES.format("%(wake_ms)s::int")
    if completes:
        status = f"CASE WHEN found.ends THEN found.ending ELSE {status} END"
        holding, wakes = f"CASE WHEN NOT found.ends THEN {holding} END", f"CASE WHEN NOT found.ends THEN {wakes} END"
    more = " + found.ends::int" if completes else ""
    columns, base = "id, seq, updated_at", "found" if completes else "was"
    columns += ", open, money, ending, outcome, outcome_code, outcome_params" if completes else ""
    return f"""
WITH was AS (
    SELECT {columns} FROM runs WHERE id = %(run)s::uuid AND finished_at IS NULL{_IS_FIRST if first else ""}
    FOR NO KEY UPDATE
){_ENDS if completes else ""}, run AS (
    UPDATE runs SET seq = runs.seq + %(n)s::int{more}, updated_at = clock_timestamp(),
        attempts = GREATEST(runs.attempts, %(attempt)s::int), status = {status},
        open = {"found.open" if completes else "GREATEST(0, runs.open + %(open)s::int)"},
        money = runs.money || %(money)s::jsonb,
        holding = {holding},
        wake_at = {wakes}{_COUNTS if first else ""}{_COMPLETES if completes else ""}
    FROM {base} WHERE runs.id = {base}.id
    RETURNING runs.seq, runs.protocol, runs.account, runs.open, runs.ending, runs.finished_at IS NOT NULL AS is_over
), event AS (
    INSERT INTO run_events (run_id, seq, at, lane, "to", kind, name, phase, attempt, caused_by, span_id,
                            changes, statements, error, data, lines)
    SELECT {_ADDED}
    FROM was, jsonb_to_recordset(%(events)s::jsonb) AS added({_ROW}) ORDER BY added.n
){_LAST if completes else ""}
SELECT seq, protocol, account, open, ending, is_over FROM run
"""


# The same for several runs at once. No process is held in their names.
_WRITE_EACH = f"""
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(runs)s::jsonb)
        AS given(run uuid, n int, attempt int, status text, open int, wake_ms int, money jsonb)
), was AS (
    SELECT id, seq, updated_at FROM runs WHERE id IN (SELECT run FROM given) AND finished_at IS NULL
    ORDER BY id FOR NO KEY UPDATE
), run AS (
    UPDATE runs SET seq = runs.seq + given.n, updated_at = clock_timestamp(),
        attempts = GREATEST(runs.attempts, given.attempt), status = COALESCE(given.status, runs.status),
        open = GREATEST(0, runs.open + given.open), money = runs.money || given.money,
        wake_at = {_WAKES.format("given.wake_ms")}
    FROM was JOIN given ON given.run = was.id WHERE runs.id = was.id
    RETURNING runs.id, runs.seq, runs.protocol, runs.account
), event AS (
    INSERT INTO run_events (run_id, seq, at, lane, "to", kind, name, phase, attempt, caused_by, span_id,
                            changes, statements, error, data, lines)
    SELECT {_ADDED}
    FROM was JOIN jsonb_to_recordset(%(events)s::jsonb) AS added(run uuid, {_ROW}) ON added.run = was.id
    ORDER BY was.id, added.n
)
SELECT id, seq, protocol, account FROM run
"""


def _in_a_line(sql: str) -> str:
    """The driver keeps what it has found out about a statement of up to 4,096 characters; a longer one it takes apart
    each time."""
    return " ".join(sql.split())


_WRITE, _FIRST, _COMPLETE = map(_in_a_line, (_statement(), _statement(first=True), _statement(completes=True)))


def write(
    run_id: UUID | str,
    events: Sequence[PendingEvent],
    *,
    first: FirstDelivery | None = None,
    completion: Completion | None = None,
) -> RunStanding | None:
    """Append these events; each gets its `seq`. None, and nothing is written, if the run is over (its story is closed)
    or unknown, or if this is not the `first` delivery. Either `first` or `completion`."""
    sql = _COMPLETE if completion else _FIRST if first else _WRITE
    more = _completed(completion) if completion else vars(first) if first else {}
    effects = _effects(events)
    effects |= {"money": log.dumps(effects["money"]), "n": len(events), "events": log.dumps(_rows(events))}
    row = log.query(sql, {"run": run_id, **effects, **more})
    if row is None:
        return None
    standing = RunStanding(row[0], *row[3:])
    _number(events, standing.seq - standing.over)
    poke = partial(live.poke, UUID(str(run_id)), *row[:3])
    transaction.on_commit(poke, using="default")  # at once, but for a run that is being written down
    return standing


def write_each(stories: Mapping[str, Sequence[PendingEvent]]) -> None:
    """The same for several runs, by one statement: {run: its events}. What is told of a run that is over is not
    written. The rows of the runs are locked in the order of their ids. A pass that ends old holds locks several as
    well, in another order: if the two meet, PostgreSQL ends one of them, and it is tried again."""
    stories = {run_id: pending for run_id, pending in stories.items() if pending}
    if not stories:
        return
    runs = [{"run": run_id, "n": len(pending), **_effects(pending)} for run_id, pending in stories.items()]
    events = [{"run": run_id, **row} for run_id, pending in stories.items() for row in _rows(pending)]
    written = log.rows(_WRITE_EACH, {"runs": log.dumps(runs), "events": log.dumps(events)})
    for run_id, seq, _protocol, _account in written:
        _number(stories[str(run_id)], seq)
    transaction.on_commit(partial(live.poke_each, written), using="default")


def _number(events: Sequence[PendingEvent], last: int) -> None:
    for place, one in enumerate(events):
        one.seq = last - len(events) + place + 1


def _rows(events: Sequence[PendingEvent]) -> list[dict[str, Any]]:
    now, places = time.monotonic(), {id(one): place + 1 for place, one in enumerate(events)}
    return [_row(one, places, max(now - one.at, 0)) for one in events]


def _row(one: PendingEvent, places: Mapping[int, int], ago: float) -> dict[str, Any]:
    event = one.event
    return {
        "n": places[id(one)],
        "ago": ago,
        "after": places.get(id(one.cause)),
        "caused_by": number(one.cause),
        "lane": event.lane,
        "to": event.to,
        "kind": event.kind,
        "name": event.name[:80],
        "phase": event.phase,
        "attempt": event.attempt,
        "span_id": event.span_id,
        "changes": list(event.changes),
        "statements": list(event.statements),
        "error": event.error[:4000].replace("\x00", ""),
        "data": event.data,
        "lines": event.lines,
    }


def _effects(events: Sequence[PendingEvent]) -> dict[str, Any]:
    """Of all of them together, as if one came after the other."""
    status, hold, wake_ms = None, None, None
    money: dict[str, Any] = {}
    for one in events:
        effect = one.effect
        status = effect.status or status
        hold = hold if effect.holding is False else log.dumps(effect.holding)
        wake_ms = wake_ms if effect.wake_ms is None else effect.wake_ms
        money |= one.event.data.get("money", {})
    return {
        "attempt": max((one.event.attempt for one in events), default=0),
        "status": status,
        "open": sum(one.effect.opens for one in events),
        "hold": hold,
        "wake_ms": wake_ms,
        "money": money,
    }


def _completed(completion: Completion) -> dict[str, Any]:
    end = {"ends": completion.status, "may_end": completion.may_end, **log.outcome_of(completion.reason)}
    return {"who": completion.who, **end}
