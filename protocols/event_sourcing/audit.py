"""The auditor of the event store: everything is folded anew by SQL, without snapshots and without the run log."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from distviz.codes import Reason
from distviz.services import gaps
from distviz.services.books import Balance, Books, balanced, check, conserved, open_runs, untrue_statuses
from distviz.services.gaps import ZERO
from distviz.services.places import PAYMENT
from protocols.event_sourcing import checkpoint
from protocols.event_sourcing.account import EVENTS, PREFIX
from protocols.event_sourcing.aggregate import LAST

P = {"p": "event_sourcing"}
_PAID = """
SELECT withdrawal_id::text AS id, sum(amount) AS amount, count(*) AS payments FROM payments
WHERE protocol = %(p)s AND status = 'COMPLETED' GROUP BY withdrawal_id
"""
_PAID_TWICE = "SELECT withdrawal_id::text AS id FROM payments WHERE protocol = %(p)s GROUP BY 1 HAVING count(*) > 1"

# What an event does to the balance of its account.
DELTA = """CASE type WHEN 'MoneyDeposited' THEN (data->>'amount')::numeric
    WHEN 'MoneyRefunded' THEN (data->>'amount')::numeric
    WHEN 'MoneyDeducted' THEN -(data->>'amount')::numeric ELSE 0 END"""
_TOTALS = f"""
SELECT COALESCE(sum({DELTA}) FILTER (WHERE type = 'MoneyDeposited'), 0) AS opening,
    COALESCE(sum({DELTA}), 0) AS balances
FROM events
"""
_TAKEN = f"""
SELECT withdrawal_id::text AS id, -sum({DELTA}) AS amount, bool_or(type = 'MoneyRefunded') AS refunded
FROM events WHERE type IN ('MoneyDeducted', 'MoneyRefunded') AND withdrawal_id IS NOT NULL GROUP BY withdrawal_id
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
"""
_OPEN = """
SELECT COALESCE(o.withdrawal_id, e.withdrawal_id)::text AS id FROM (
    SELECT withdrawal_id FROM events WHERE withdrawal_id IS NOT NULL GROUP BY 1 HAVING NOT bool_or(type = ANY(%(last)s))
) e FULL JOIN open_withdrawals o USING (withdrawal_id) WHERE o.withdrawal_id IS NULL OR e.withdrawal_id IS NULL
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
# One statement, so one snapshot: a projector may be at work.
_VIEWS = f"""
WITH due AS (
    SELECT e.aggregate, regexp_replace(e.aggregate, '^{PREFIX}', '') AS account, max(e.version) AS version
    FROM events e, checkpoint c WHERE e.position <= c.position GROUP BY 1
), folded AS (
    SELECT account, d.aggregate, v.error, v.balance, v.version, d.version AS due, (
        SELECT COALESCE(sum({DELTA}), 0) FROM events e WHERE e.aggregate = d.aggregate AND e.version <= v.version
    ) AS fold
    FROM due d FULL JOIN balance_view v USING (account)
), moved AS (
    SELECT e.position, {DELTA} AS delta FROM events e
    JOIN folded f ON f.aggregate = e.aggregate AND e.version <= f.version
    WHERE e.type IN ('MoneyDeposited', 'MoneyDeducted', 'MoneyRefunded')
)
SELECT account, error, NULL::bigint AS position FROM folded
WHERE balance IS NULL OR aggregate IS NULL OR balance <> fold OR version <> due OR error <> ''
UNION ALL
SELECT NULL, NULL, position FROM moved m FULL JOIN history_view h USING (position)
WHERE m.delta IS DISTINCT FROM h.delta
"""
_ACCOUNTS = f"""
SELECT first.aggregate,
    COALESCE((kept.state->>'deposited')::numeric, 0) + tail.deposited AS opening,
    COALESCE((kept.state->>'balance')::numeric, 0) + tail.moved AS balance, v.balance AS projected
FROM events first
LEFT JOIN LATERAL (
    SELECT s.version, s.state FROM sound_snapshots s WHERE s.aggregate = first.aggregate ORDER BY s.version DESC LIMIT 1
) kept ON true
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


def books() -> Books:
    """Payments are read before the store: a payment comes after its deduction, so money on its way can look unpaid for
    a moment, but never paid and not deducted."""
    paid = {row["id"]: row for row in PAYMENT.ask(_PAID, P)}
    paid_twice = [row["id"] for row in PAYMENT.ask(_PAID_TWICE, P)]
    taken = {row["id"]: row for row in EVENTS.ask(_TAKEN)}
    totals = EVENTS.ask(_TOTALS)[0]
    gap = gaps.between(taken, paid, open_runs("event_sourcing"))
    total_paid = sum((row["amount"] for row in paid.values()), ZERO)

    streams: dict[str, list[Any]] = {"I11": [], "I2": [], "snapshots": [], "floor": []}
    for row in EVENTS.ask(_STREAMS):
        streams[row["id"]].append(Reason.of("event_at", stream=row["aggregate"], version=row["version"]))
    invariants = [
        check("I1b", conserved(totals, total_paid, gap), "money_is_conserved"),
        check("I2", streams["I2"], "no_negative_prefix"),
        check("I2b", streams["floor"], "floor_is_true"),
        check("I3b", paid_twice, "one_payment"),
        check("I4", sorted(gap.ended), "deducted_where_paid"),
        check("I7", _rows(_OPEN, last=sorted(LAST)), "open_list_is_true"),
        check("I8", [r for r, row in taken.items() if row["refunded"] and r in paid], "not_refunded_and_paid"),
        check("I11", streams["I11"], "versions_without_gaps"),
        check("I11b", _rows(_GUARDS), "guards_in_force"),
        check("I11c", streams["snapshots"], "snapshots_are_true"),
        check("I12", [*_ahead(), *(_of_view(row) for row in EVENTS.ask(_VIEWS))], "views_are_true"),
        check("I15", untrue_statuses("event_sourcing", taken, paid), "statuses_are_true"),
    ]
    return balanced("event_sourcing", totals, total_paid, gap, invariants)


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
