"""What the auditor checks of the saga log: how each saga ended, by the ledger beside it and by its run."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.services import agreement
from distviz.services.agreement import RunState, RunStates
from distviz.services.books import Invariant, check
from distviz.services.places import ACCOUNT, of_runs
from distviz.story.words import sentences
from distviz.trace.unguarded import of_book

sentences.register(
    {
        "saga_log_is_true": _("the saga log says how each saga ended"),
        "saga_and_ledger_differ": _("%(run)s: the saga log says %(status)s, the ledger does not"),
        "saga_and_run_differ": _("%(run)s: the saga log says %(status)s, the run ended otherwise"),
        "saga_not_logged": _("%(run)s: not in the saga log"),
    }
)

_SAGAS = f"""
SELECT s.tx_id::text AS run, s.user_id AS account, s.amount, s.status, s.closed_at IS NOT NULL AS closed,
    l.deducts = (s.status IN ('pending', 'completed'))::int + (s.status = 'compensated' AND l.refunds > 0)::int
        AND l.refunds <= (s.status = 'compensated')::int AS agrees
FROM saga_log s CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE kind = 'deduct') AS deducts, count(*) FILTER (WHERE kind = 'refund') AS refunds
    FROM ledger WHERE withdrawal_id = s.tx_id) l WHERE {of_book("s.user_id")} AND {of_runs("s.tx_id")}
"""
# The end of a run, and how its saga may have ended. What was refused before it began leaves a tombstone.
ENDS = {
    "succeeded": {"completed"},
    "compensated": {"compensated"},
    "declined": {"declined", "compensated"},
    "failed": {"declined", "compensated"},
}


def invariants(runs: RunStates) -> list[Invariant]:
    sagas = {row["run"]: row for row in ACCOUNT.ask(_SAGAS, runs.asked)}
    named = {run: {"accounts": [row["account"]], "amounts": [row["amount"]]} for run, row in sagas.items()}
    wrong = agreement.of_no_run("saga", runs, named, "saga")
    for run, row in sagas.items():
        if not row["agrees"]:
            wrong.append(Reason.of("saga_and_ledger_differ", run=run, status=row["status"]))
        elif run in runs and not _ended_as(row, runs[run]):
            wrong.append(Reason.of("saga_and_run_differ", run=run, status=row["status"]))
    wrong += [Reason.of("saga_not_logged", run=run) for run, one in runs.items() if one.over and run not in sagas]
    return [check("I8b", wrong, "saga_log_is_true")]


def _ended_as(row: Mapping[str, Any], one: RunState) -> bool:
    return not one.over or (row["closed"] and row["status"] in ENDS.get(one.status, ()))
