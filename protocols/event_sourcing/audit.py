"""The auditor of the event store: everything is folded anew by SQL, without snapshots and without the run log."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from distviz.codes import Reason
from distviz.services import agreement, gaps, sealing
from distviz.services.agreement import RunStates
from distviz.services.books import Balance, Books, Invariant, agreed, balanced, check, conserved
from distviz.services.gaps import ZERO
from distviz.services.payment import made as payments
from distviz.services.places import PAYMENT, of_runs, snapshot
from distviz.services.receipts import received
from distviz.services.sealing import Seal
from distviz.trace.unguarded import of_book
from protocols.event_sourcing import checkpoint
from protocols.event_sourcing.account import EVENTS, PREFIX
from protocols.event_sourcing.aggregate import LAST

KEY = "event_sourcing"
# What an event does to the balance of its account.
DELTA = """CASE type WHEN 'MoneyDeposited' THEN (data->>'amount')::numeric
    WHEN 'MoneyRefunded' THEN (data->>'amount')::numeric
    WHEN 'MoneyDeducted' THEN -(data->>'amount')::numeric ELSE 0 END"""
MOVES = "'MoneyDeposited', 'MoneyDeducted', 'MoneyRefunded'"
# The events up to `after` are added up already.
_TOTALS = f"""
SELECT %(opening)s + COALESCE(sum({DELTA}) FILTER (WHERE type = 'MoneyDeposited'), 0) AS opening,
    %(balances)s + COALESCE(sum({DELTA}), 0) AS balances, COALESCE(max(position), %(after)s) AS position
FROM events WHERE position > %(after)s AND {of_book("aggregate", PREFIX)}
"""
# Of every withdrawal, also of those that took nothing: which accounts and amounts its events name, and what they were.
_TAKEN = f"""
SELECT withdrawal_id::text AS id, -sum({DELTA}) AS amount, bool_or(type = 'MoneyRefunded') AS refunded,
    array_agg(DISTINCT regexp_replace(aggregate, '^{PREFIX}', '')) AS accounts,
    array_agg(DISTINCT (data->>'amount')::numeric) AS amounts, array_agg(type ORDER BY version) AS facts
FROM events WHERE withdrawal_id IS NOT NULL AND {of_book("aggregate", PREFIX)}
    AND ({of_runs("withdrawal_id")} OR position > %(after)s)
GROUP BY withdrawal_id
"""
_TAKEN_BY = f"""
SELECT withdrawal_id AS id, -sum({DELTA}) AS amount FROM events WHERE withdrawal_id = ANY(%(ids)s::uuid[]) GROUP BY 1
"""
_STREAMS = f"""
WITH running AS (
    SELECT e.aggregate, e.version, e.position, sum({DELTA}) OVER stream AS balance,
        COALESCE(sum({DELTA}) FILTER (WHERE type = 'MoneyDeposited') OVER stream, 0) AS deposited,
        lag(e.version, 1, 0) OVER stream AS before, lag(e.position, 1, 0::bigint) OVER stream AS earlier
    FROM events e WINDOW stream AS (PARTITION BY e.aggregate ORDER BY e.version)
)
SELECT * FROM (
SELECT 'I11' AS id, aggregate, version FROM running
    WHERE version <> before + 1 OR position <= earlier
UNION ALL SELECT 'I2', aggregate, version FROM running WHERE balance < 0
UNION ALL SELECT 'snapshots', aggregate, version FROM snapshots s
    LEFT JOIN running r USING (aggregate, version)
    WHERE round(r.balance, 2)::text IS DISTINCT FROM s.state->>'balance'
        OR round(r.deposited, 2)::text IS DISTINCT FROM s.state->>'deposited'
        OR s.seal IS DISTINCT FROM snapshot_seal(aggregate, version, s.state)
UNION ALL SELECT 'floor', aggregate, COALESCE(b.version, newest.version) FROM stream_balances b
    FULL JOIN (SELECT DISTINCT ON (aggregate) * FROM running ORDER BY aggregate, version DESC) newest USING (aggregate)
    WHERE b.version IS DISTINCT FROM newest.version OR b.balance IS DISTINCT FROM newest.balance
) AS found WHERE {of_book("aggregate", PREFIX)}
"""
_OPEN = f"""
SELECT COALESCE(o.withdrawal_id, e.withdrawal_id)::text AS id FROM (
    SELECT withdrawal_id, min(regexp_replace(aggregate, '^{PREFIX}', '')) AS account FROM events
    WHERE withdrawal_id IS NOT NULL AND {of_runs("withdrawal_id")} GROUP BY 1
    HAVING NOT bool_or(type = ANY(%(last)s))
) e FULL JOIN (SELECT * FROM open_withdrawals WHERE {of_runs("withdrawal_id")}) o USING (withdrawal_id)
WHERE o.account IS DISTINCT FROM e.account AND {of_book("COALESCE(o.account, e.account)")}
"""
_GUARDS = """
SELECT g.name FROM (VALUES ('events_append_only'), ('events_in_commit_order'), ('events_never_below_zero')) g(name)
LEFT JOIN pg_trigger t ON t.tgname = g.name AND t.tgrelid = 'events'::regclass AND t.tgenabled = 'A'
WHERE t.oid IS NULL
UNION ALL
SELECT g.name FROM (VALUES ('events_version'), ('events_once')) g(name)
LEFT JOIN pg_constraint c ON c.conname = g.name AND c.conrelid = 'events'::regclass AND c.contype = 'u'
WHERE c.oid IS NULL
"""
# One statement, so one snapshot: a projector may be at work. Every column of both views is what the events add up to.
_VIEWS = f"""
WITH running AS (
    SELECT e.*, regexp_replace(e.aggregate, '^{PREFIX}', '') AS account, {DELTA} AS delta,
        sum({DELTA}) OVER (PARTITION BY e.aggregate ORDER BY e.version) AS balance,
        max(e.at) FILTER (WHERE type IN ({MOVES})) OVER (PARTITION BY e.aggregate ORDER BY e.version) AS moved_at
    FROM events e, checkpoint c WHERE e.position <= c.position
), folded AS (
    SELECT DISTINCT ON (account) account, balance, version, position, moved_at FROM running
    ORDER BY account, version DESC
)
SELECT account, v.error, NULL::bigint AS position FROM folded f FULL JOIN balance_view v USING (account)
WHERE (f.balance, f.version, f.position, f.moved_at, '')
    IS DISTINCT FROM (v.balance, v.version, v.position, v.at, v.error) AND {of_book("account")}
UNION ALL
SELECT NULL, NULL, position FROM (SELECT * FROM running WHERE type IN ({MOVES})) m FULL JOIN history_view h
USING (position) WHERE (m.account, m.type, m.delta, m.balance, m.withdrawal_id, m.at)
    IS DISTINCT FROM (h.account, h.type, h.delta, h.balance, h.withdrawal_id, h.at)
    AND {of_book("COALESCE(m.account, h.account)")}
"""
_ACCOUNTS = f"""
SELECT first.aggregate,
    COALESCE((kept.state->>'deposited')::numeric, 0) + tail.deposited AS opening,
    COALESCE((kept.state->>'balance')::numeric, 0) + tail.moved AS balance, v.balance AS projected
FROM events first
LEFT JOIN LATERAL sound_snapshot(first.aggregate, NULL) kept ON true
CROSS JOIN LATERAL (
    SELECT COALESCE(sum({DELTA}), 0) AS moved,
        COALESCE(sum({DELTA}) FILTER (WHERE type = 'MoneyDeposited'), 0) AS deposited
    FROM events t WHERE t.aggregate = first.aggregate AND t.version > COALESCE(kept.version, 0)
) tail
LEFT JOIN balance_view v ON '{PREFIX}' || v.account = first.aggregate
WHERE first.version = 1 AND starts_with(first.aggregate, '{PREFIX}') ORDER BY first.position
"""


def accounts() -> list[Balance]:
    """`balance` is the fold of the events (from the newest snapshot on), `projected` is what the read model says."""
    return [
        Balance(
            "event_sourcing",
            row["aggregate"].removeprefix(PREFIX),
            row["balance"],
            row["opening"],
            "events",
            ZERO if row["projected"] is None else row["projected"],
        )
        for row in EVENTS.ask(_ACCOUNTS)
    ]


def books(*, thorough: bool = True, since: Seal | None = None, without_guards: bool = False) -> Books:
    """In the order of distviz/services/books.py: runs, payments, the store."""
    upto, newest = sealing.until(), payments.newest()
    before = since or Seal(upto, {"payments": 0, "position": 0})
    runs = agreement.run_states(KEY, since, without_guards=without_guards)
    made = payments.read(KEY, runs, before.mark("payments"))
    asked = {**runs.asked, "after": before.mark("position")}
    with snapshot(EVENTS):
        facts = {row["id"]: row for row in EVENTS.ask(_TAKEN, asked)}
        totals = EVENTS.ask(_TOTALS, {**asked, "opening": before.opening, "balances": before.balances})[0]
        of_the_store = [*_of_the_store(runs), *(_of_whole_tables(runs) if since is None else ())]
    agreement.nothing_resurfaced(runs, [*facts, *made.rows])
    taken = {run: row for run, row in facts.items() if row["amount"] or row["refunded"]}
    gap = gaps.between(taken, made.paid, agreement.still_open(runs, [*taken, *made.paid]))
    sums = sealing.sums(since, made.total, gap)
    invariants = [
        check("I1b", conserved(totals, sums), "money_is_conserved"),
        *agreed(KEY, runs, taken, made, gap, thorough=thorough),
        check("I10c", received(KEY, [PAYMENT], taken, made), "inbox_row_where_money_moved"),
        *of_the_store,
        check("I12b", _stored_otherwise(runs, facts), "stored_as_it_ended"),
    ]
    marks = {"payments": newest, "position": totals["position"]}
    whole = {name: totals[name] for name in ("opening", "balances")}
    sealed = sealing.seal(since, upto, marks, runs, made.paid, gap, **whole)
    return balanced(KEY, totals, sums, invariants, sealed)


def _of_the_store(runs: RunStates) -> list[Invariant]:
    return [
        check("I7", _rows(_OPEN, **runs.asked, last=sorted(LAST)), "open_list_is_true"),
        check("I11b", _rows(_GUARDS), "guards_in_force"),
    ]


def _of_whole_tables(runs: RunStates) -> list[Invariant]:
    """What takes each stream from its beginning."""
    streams: dict[str, list[Any]] = {"I11": [], "I2": [], "snapshots": [], "floor": []}
    for row in EVENTS.ask(_STREAMS, runs.asked):
        streams[row["id"]].append(Reason.of("event_at", stream=row["aggregate"], version=row["version"]))
    return [
        check("I2", streams["I2"], "no_negative_prefix"),
        check("I2b", streams["floor"], "floor_is_true"),
        check("I11", streams["I11"], "versions_without_gaps"),
        check("I11c", streams["snapshots"], "snapshots_are_true"),
        check("I12", [*_ahead(), *(_of_view(row) for row in EVENTS.ask(_VIEWS, runs.asked))], "views_are_true"),
    ]


# How a run ends, by the last facts of its withdrawal.
ENDED = {
    "succeeded": ["PaymentProcessed", "WithdrawalCompleted"],
    "compensated": ["MoneyRefunded", "WithdrawalFailed"],
    "declined": ["BalanceChecked", "WithdrawalDeclined"],
    "failed": ["WithdrawalRequested", "WithdrawalFailed"],
}


def _stored_otherwise(runs: RunStates, facts: Mapping[str, Mapping[str, Any]]) -> list[Reason]:
    """Withdrawals whose facts name another account or amount than the run, or another end."""
    wrong = agreement.of_no_run(KEY, runs, facts, "facts")
    for run, one in runs.items():
        if one.over and list(facts.get(run, {}).get("facts", ()))[-2:] != ENDED.get(one.status):
            wrong.append(Reason.of("stored_otherwise", run=run, status=one.status))
    return wrong


def _ahead() -> list[Reason]:
    """The read models show events that the store does not have (any more)."""
    return [ahead] if (ahead := checkpoint.ahead()) else []


def _of_view(row: dict[str, Any]) -> Reason:
    """What a read model says that its events do not."""
    if row["position"] is not None:
        return Reason.of("history_differs", position=row["position"])
    if row["error"]:
        return Reason.of("view_stopped", account=row["account"], text=row["error"])
    return Reason.of("balance_differs", account=row["account"])


def _rows(sql: str, **params: Any) -> list[Any]:
    return [next(iter(row.values())) for row in EVENTS.ask(sql, params or None)]


def taken(ids: Sequence[str]) -> dict[UUID, Decimal]:
    """What each of these withdrawals has taken: the sum of its events."""
    return {row["id"]: row["amount"] for row in EVENTS.ask(_TAKEN_BY, {"ids": ids})}
