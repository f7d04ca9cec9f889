"""What the auditor checks of TCC: what is reserved, held against the money beside it and against how the run ended."""

from collections.abc import Iterator, Mapping
from typing import Any

from distviz.codes import Reason
from distviz.services import agreement
from distviz.services.agreement import RunState, RunStates
from distviz.services.books import Invariant, check
from distviz.services.places import ACCOUNT, COORDINATOR, PAYMENT, of_runs
from distviz.trace.unguarded import of_book

# One statement, so one snapshot: a confirmation and its money are one transaction.
_ACCOUNT = f"""
SELECT r.tx_id::text AS run, r.user_id AS account, r.amount, r.status, (r.status = 'confirmed') = (l.n = 1)
    AND l.n <= 1 AND l.refunds = 0 AND COALESCE(l.amount, r.amount) = r.amount AS agrees
FROM tcc_reservations r CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE kind = 'deduct') AS n, count(*) FILTER (WHERE kind = 'refund') AS refunds,
        -sum(delta) AS amount FROM ledger WHERE withdrawal_id = r.tx_id) l
WHERE {of_book("r.user_id")} AND {of_runs("r.tx_id")}
"""
_PAYMENT = f"""
SELECT r.tx_id::text AS run, r.user_id AS account, r.amount, r.status, (r.status = 'confirmed') = (p.n = 1)
    AND p.n <= 1 AND COALESCE(p.amount, r.amount) = r.amount AS agrees
FROM tcc_reservations r CROSS JOIN LATERAL (
    SELECT count(*) AS n, sum(amount) AS amount FROM payments
    WHERE withdrawal_id = r.tx_id AND status = 'COMPLETED') p
WHERE {of_book("r.user_id")} AND {of_runs("r.tx_id")}
"""
_UNRESERVED = f"""
SELECT l.withdrawal_id::text AS run FROM ledger l JOIN accounts a ON a.id = l.account_id
WHERE a.protocol = 'tcc' AND {of_book("a.name")} AND {of_runs("l.withdrawal_id")}
    AND NOT EXISTS (SELECT 1 FROM tcc_reservations r WHERE r.tx_id = l.withdrawal_id)
"""
_UNAUTHORISED = f"""
SELECT p.withdrawal_id::text AS run FROM payments p
WHERE p.protocol = 'tcc' AND {of_book("p.account")} AND {of_runs("p.withdrawal_id")}
    AND NOT EXISTS (SELECT 1 FROM tcc_reservations r WHERE r.tx_id = p.withdrawal_id)
"""
_FROZEN = f"""
SELECT a.name FROM (SELECT user_id, sum(amount) AS frozen FROM tcc_reservations
    WHERE status = 'tried' AND {of_book("user_id")} GROUP BY user_id) f
JOIN accounts a ON a.protocol = 'tcc' AND a.name = f.user_id WHERE NOT (f.frozen >= 0 AND f.frozen <= a.balance)
"""
_RECORDS = f"""
SELECT tx_id::text AS run, user_id AS account, amount, decision, ends_as, ended_at IS NOT NULL AS ended,
    cardinality(done) = 2 AS done
FROM tcc_transactions WHERE {of_book("user_id")} AND {of_runs("tx_id")}
"""
Row = Mapping[str, Any]
_BRANCHES = {"account": (ACCOUNT, _ACCOUNT, _UNRESERVED), "payment": (PAYMENT, _PAYMENT, _UNAUTHORISED)}


_ENDS = {"CONFIRM": {"confirmed"}, "CANCEL": {"cancelled", "refused"}}


def invariants(runs: RunStates) -> list[Invariant]:
    records = {row["run"]: row for row in COORDINATOR.ask(_RECORDS, runs.asked)}
    still, moved = list[Reason](), list[Reason]()
    ended = [*_of_no_run(runs, records, "record"), *_recorded_otherwise(runs, records)]
    for who, (place, sql, unreserved) in _BRANCHES.items():
        rows = {row["run"]: row for row in place.ask(sql, runs.asked)}
        wrong = [row for row in rows.values() if not row["agrees"]]
        hanging = [row for row in rows.values() if row["status"] == "tried" and over(runs, row)]
        still += [_found("still_reserved", who, row) for row in hanging]
        moved += _of_no_run(runs, rows, "reservation")
        moved += [_found("moved_otherwise", who, row) for row in (*wrong, *place.ask(unreserved, runs.asked))]
        ended += _branch_otherwise(runs, who, records, rows)
    return [
        check("I16", [row["name"] for row in ACCOUNT.ask(_FROZEN, runs.asked)], "frozen_is_covered"),
        check("I16b", still, "reserved_only_while_open"),
        check("I16c", moved, "confirmed_where_moved"),
        check("I16d", ended, "ended_as_recorded"),
    ]


def over(runs: RunStates, row: Row) -> bool:
    return row["run"] in runs and runs[row["run"]].over


def _found(code: str, who: str, row: Row) -> Reason:
    return Reason.of(code, run=row["run"], who=who, state=row.get("status", "none"))


def _of_no_run(runs: RunStates, rows: Mapping[str, Row], what: str) -> list[Reason]:
    named = {run: {"accounts": [row["account"]], "amounts": [row["amount"]]} for run, row in rows.items()}
    return agreement.of_no_run("tcc", runs, named, what)


def _recorded_otherwise(runs: RunStates, records: Mapping[str, Row]) -> Iterator[Reason]:
    """Runs that are over and did not end as the record says, or of which a branch is not done. One that never began has
    no record."""
    for run, one in runs.items():
        if one.over and not (_as_recorded(one, records[run]) if run in records else one.status != "succeeded"):
            yield Reason.of("recorded_otherwise", run=run, status=one.status)


def _as_recorded(one: RunState, row: Row) -> bool:
    ended = row["ended"] and row["done"] and row["decision"] in _ENDS and row["ends_as"] == one.status
    return ended and (row["decision"] == "CONFIRM") == (one.status == "succeeded")


def _branch_otherwise(
    runs: RunStates, who: str, records: Mapping[str, Row], rows: Mapping[str, Row]
) -> Iterator[Reason]:
    """A branch that has a row of another status than was decided, or none: not even a tombstone."""
    for run in [*records, *(rows.keys() - records.keys())]:
        mine, decided = rows.get(run, {"run": run}), records[run]["decision"] if run in records else ""
        if over(runs, mine) and mine.get("status") not in _ENDS.get(decided, ()):
            yield _found("branch_otherwise", who, mine)
