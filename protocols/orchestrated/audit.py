"""What the auditor checks of the coordinator's saga log: against the ledger and the payments, and against how the run
ended."""

from collections.abc import Mapping
from typing import Any

from distviz.codes import Reason
from distviz.services import agreement
from distviz.services.agreement import RunState, RunStates
from distviz.services.books import Invariant, check
from distviz.services.places import ACCOUNT, COORDINATOR, PAYMENT, of_runs
from distviz.trace.unguarded import of_book

_SAGAS = f"""
SELECT tx_id::text AS run, user_id AS account, amount, steps_done AS done, steps_undone AS undone,
    turned_at IS NOT NULL AS back, given_back, ended_at IS NOT NULL AS ended
FROM orchestrated_sagas WHERE {of_book("user_id")} AND {of_runs("tx_id")}
"""
_LEDGER = f"""
SELECT l.withdrawal_id::text AS run, count(*) FILTER (WHERE l.kind = 'deduct') AS deducts,
    count(*) FILTER (WHERE l.kind = 'refund') AS refunds
FROM ledger l JOIN accounts a ON a.id = l.account_id
WHERE a.protocol = 'orchestrated' AND {of_book("a.name")} AND {of_runs("l.withdrawal_id")} GROUP BY 1
"""
_PAID = f"""
SELECT withdrawal_id::text AS run, count(*) AS payments FROM payments
WHERE protocol = 'orchestrated' AND status = 'COMPLETED' AND {of_book("account")} AND {of_runs("withdrawal_id")}
GROUP BY 1
"""
Row = Mapping[str, Any]
# How a run may have ended that is over: forward, or back with or without anything to refund.
_ENDS = {
    "succeeded": lambda saga: not saga["back"] and saga["done"] == ["deduct", "charge"],
    "compensated": lambda saga: saga["back"] and saga["given_back"],
    "declined": lambda saga: saga["back"] and not saga["given_back"],
    "failed": lambda saga: saga["back"] and not saga["given_back"],
}


def invariants(runs: RunStates) -> list[Invariant]:
    sagas = {row["run"]: row for row in COORDINATOR.ask(_SAGAS, runs.asked)}
    ledger = {row["run"]: row for row in ACCOUNT.ask(_LEDGER, runs.asked)}
    paid = {row["run"]: row["payments"] for row in PAYMENT.ask(_PAID, runs.asked)}
    named = {run: {"accounts": [row["account"]], "amounts": [row["amount"]]} for run, row in sagas.items()}
    wrong = agreement.of_no_run("orchestrated", runs, named, "saga")
    money = []
    for run, saga in sagas.items():
        if not _agrees(saga, ledger.get(run, {}), paid.get(run, 0)):
            money.append(Reason.of("log_and_money_differ", run=run))
        if run in runs and not _ended_as(saga, runs[run]):
            wrong.append(Reason.of("log_and_run_differ", run=run, status=runs[run].status))
    ended = (run for run, one in runs.items() if one.over and one.status != "failed")  # that may never have begun
    unknown = {*ledger, *paid, *ended} - sagas.keys()
    wrong += [Reason.of("not_in_saga_log", run=run) for run in sorted(unknown)]
    return [check("I17", money, "log_is_true_of_money"), check("I17b", wrong, "log_is_true_of_runs")]


def _agrees(saga: Row, ledger: Row, payments: int) -> bool:
    """A step that the log has as done is in its service's tables, and one that it has as undone is not, or is undone
    there. The log may be behind, until the saga has ended."""
    deducts, refunds = ledger.get("deducts", 0), ledger.get("refunds", 0)
    done, undone = saga["done"], saga["undone"]
    kept = ("deduct" not in done or deducts == 1) and ("charge" not in done or payments == 1)
    back = ("deduct" not in undone or deducts == refunds) and ("charge" not in undone or payments == 0)
    given = "deduct" not in undone or saga["given_back"] == (refunds == 1)
    whole = not saga["ended"] or (deducts - refunds == payments == (0 if saga["back"] else 1))
    return kept and back and given and whole


def _ended_as(saga: Row, run: RunState) -> bool:
    return not run.over or (saga["ended"] and run.status in _ENDS and _ENDS[run.status](saga))
