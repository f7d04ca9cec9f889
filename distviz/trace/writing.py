"""Writing the run log. One statement takes the next numbers of a run and inserts the events that are to be told, so
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
from distviz.trace.told import Close, First, Told, Written, number

_ROW = """n int, ago float8, after int, caused_by int, lane text, "to" text, kind text, name text, phase text,
        attempt int, span_id text, changes jsonb, statements jsonb, error text, data jsonb, lines jsonb"""
_IS_FIRST = """
        AND NOT jsonb_exists(tries, %(who)s::text) AND holding->>'mid' IS DISTINCT FROM %(mid)s::text"""
_COUNTS = """,
        tries = runs.tries || jsonb_build_object(%(who)s::text, '[1, 1]'::jsonb)"""
# What a closed delivery makes of the run's end. Nothing moves the money of a run that is over: what its log says that
# moved is what moved.
_ENDS = """, decided AS (
    SELECT was.id, GREATEST(0, was.open + %(open)s::int - 1) AS open, was.money || %(money)s::jsonb AS money,
        %(ends)s::text IS NOT NULL AND was.ending = '' AS mine,
        CASE WHEN was.ending = '' THEN COALESCE(%(ends)s::text, '') ELSE was.ending END AS ending
    FROM was
), reasoned AS (
    SELECT decided.id, decided.open, decided.ending,
        CASE WHEN mine THEN %(outcome)s::text ELSE was.outcome END AS outcome,
        CASE WHEN mine THEN %(code)s::text ELSE was.outcome_code END AS code,
        CASE WHEN mine THEN %(params)s::jsonb ELSE was.outcome_params END AS params,
        sums.account, sums.paid
    FROM was, decided, LATERAL (
        SELECT COALESCE(sum((value->>'account')::numeric), 0) AS account,
            COALESCE(sum((value->>'paid')::numeric), 0) AS paid FROM jsonb_each(decided.money)) AS sums
), judged AS (
    SELECT *, %(may_end)s::boolean AND ending <> '' AND open = 0 AND code <> '' AS ends, -account - paid AS gap,
        CASE WHEN account + paid = 0 THEN 'consistent'
             WHEN ending = 'inconsistent' OR %(may_lose)s::boolean THEN 'money_lost'
             ELSE 'temporarily_inconsistent' END AS verdict
    FROM reasoned
)"""
_CLOSES = """,
        tries = jsonb_set(runs.tries, ARRAY[%(who)s::text, '0'], '0', false), ending = judged.ending,
        outcome = left(judged.outcome, 300), outcome_code = judged.code, outcome_params = judged.params,
        verdict = CASE WHEN judged.ends THEN judged.verdict ELSE runs.verdict END,
        finished_at = CASE WHEN judged.ends THEN clock_timestamp() END"""
_LAST = """, finished AS (
    INSERT INTO run_events (run_id, seq, at, lane, "to", kind, name, phase, attempt, caused_by, span_id,
                            changes, statements, error, data)
    SELECT was.id, was.seq + %(n)s::int + 1, clock_timestamp(), 'client', '', 'finished', judged.ending, judged.ending,
        1, NULL, '', '[]'::jsonb, '[]'::jsonb, '', jsonb_build_object(
            'verdict', judged.verdict, 'outcome', judged.outcome,
            'reason', jsonb_build_object('code', code, 'params', params),
            'money', jsonb_build_object('account', round(account, 2)::text, 'paid', round(paid, 2)::text,
                'in_flight', round(CASE WHEN judged.verdict = 'money_lost' THEN 0 ELSE GREATEST(gap, 0) END, 2)::text,
                'missing', round(CASE WHEN judged.verdict = 'money_lost' THEN GREATEST(gap, 0) ELSE 0 END, 2)::text,
                'overpaid', round(GREATEST(-gap, 0), 2)::text))
    FROM was, judged WHERE judged.ends
)"""


def _statement(*, first: bool = False, closes: bool = False) -> str:
    status = "COALESCE(%(status)s::text, runs.status)"
    holding = """CASE WHEN %(hold)s::text IS NULL THEN runs.holding
                       ELSE NULLIF(%(hold)s::jsonb, 'null'::jsonb) END"""
    wakes = """CASE WHEN %(wake_ms)s::int IS NULL THEN runs.wake_at
                       ELSE clock_timestamp() + %(wake_ms)s::int * interval '1 millisecond' END"""
    if closes:
        status = f"CASE WHEN judged.ends THEN judged.ending ELSE {status} END"
        holding, wakes = f"CASE WHEN NOT judged.ends THEN {holding} END", f"CASE WHEN NOT judged.ends THEN {wakes} END"
    more = " + judged.ends::int" if closes else ""
    columns, base = "id, seq, updated_at", "judged" if closes else "was"
    columns += ", open, money, ending, outcome, outcome_code, outcome_params" if closes else ""
    return f"""
WITH was AS (
    SELECT {columns} FROM runs WHERE id = %(run)s::uuid AND finished_at IS NULL{_IS_FIRST if first else ""}
    FOR NO KEY UPDATE
){_ENDS if closes else ""}, run AS (
    UPDATE runs SET seq = runs.seq + %(n)s::int{more}, updated_at = clock_timestamp(),
        attempts = GREATEST(runs.attempts, %(attempt)s::int), status = {status},
        open = {"judged.open" if closes else "GREATEST(0, runs.open + %(open)s::int)"},
        money = runs.money || %(money)s::jsonb,
        holding = {holding},
        wake_at = {wakes}{_COUNTS if first else ""}{_CLOSES if closes else ""}
    FROM {base} WHERE runs.id = {base}.id
    RETURNING runs.seq, runs.protocol, runs.account, runs.open, runs.ending, runs.finished_at IS NOT NULL AS is_over
), event AS (
    INSERT INTO run_events (run_id, seq, at, lane, "to", kind, name, phase, attempt, caused_by, span_id,
                            changes, statements, error, data, lines)
    SELECT was.id, was.seq + told.n,
        LEAST(clock_timestamp(), GREATEST(was.updated_at, statement_timestamp() - told.ago * interval '1 second')),
        told.lane, told."to", told.kind, told.name, told.phase, told.attempt,
        COALESCE(told.caused_by, was.seq + told.after), told.span_id, told.changes, told.statements, told.error,
        told.data, told.lines
    FROM was, jsonb_to_recordset(%(told)s::jsonb) AS told({_ROW}) ORDER BY told.n
){_LAST if closes else ""}
SELECT seq, protocol, account, open, ending, is_over FROM run
"""


_WRITE, _FIRST, _CLOSE = _statement(), _statement(first=True), _statement(closes=True)


def write(
    run_id: UUID | str, told: Sequence[Told], *, first: First | None = None, close: Close | None = None
) -> Written | None:
    """Append these events; each gets its `seq`. None, and nothing is written, if the run is over (its story is closed)
    or unknown, or if this is not the `first` delivery. Either `first` or `close`."""
    sql = _CLOSE if close else _FIRST if first else _WRITE
    more = _closed(close) if close else vars(first) if first else {}
    row = log.query(sql, {"run": run_id, **_rows(told), **_effects(told), **more})
    if row is None:
        return None
    written = Written(row[0], *row[3:])
    for place, one in enumerate(told):
        one.seq = written.seq - written.over - len(told) + place + 1
    poke = partial(live.poke, UUID(str(run_id)), *row[:3])
    transaction.on_commit(poke, using="default")  # at once, but for a run that is being written down
    return written


def _rows(told: Sequence[Told]) -> dict[str, Any]:
    now, places = time.monotonic(), {id(one): place + 1 for place, one in enumerate(told)}
    rows = [_row(one, places, max(now - one.at, 0)) for one in told]
    return {"n": len(told), "told": log.dumps(rows)}


def _row(one: Told, places: Mapping[int, int], ago: float) -> dict[str, Any]:
    fact = one.fact
    return {
        "n": places[id(one)],
        "ago": ago,
        "after": places.get(id(one.cause)),
        "caused_by": number(one.cause),
        "lane": fact.lane,
        "to": fact.to,
        "kind": fact.kind,
        "name": fact.name[:80],
        "phase": fact.phase,
        "attempt": fact.attempt,
        "span_id": fact.span_id,
        "changes": list(fact.changes),
        "statements": list(fact.statements),
        "error": fact.error[:4000].replace("\x00", ""),
        "data": fact.data,
        "lines": fact.lines,
    }


def _effects(told: Sequence[Told]) -> dict[str, Any]:
    """Of all of them together, as if one came after the other."""
    status, hold, wake_ms = None, None, None
    money: dict[str, Any] = {}
    for one in told:
        effect = one.effect
        status = effect.status or status
        hold = hold if effect.holding is False else log.dumps(effect.holding)
        wake_ms = wake_ms if effect.wake_ms is None else effect.wake_ms
        money |= one.fact.data.get("money", {})
    return {
        "attempt": max((one.fact.attempt for one in told), default=0),
        "status": status,
        "open": sum(one.effect.opens for one in told),
        "hold": hold,
        "wake_ms": wake_ms,
        "money": log.dumps(money),
    }


def _closed(close: Close) -> dict[str, Any]:
    may = {"may_end": close.may_end, "may_lose": close.may_lose}
    return {"who": close.who, "ends": close.status, **may, **log.outcome_of(close.reason)}
