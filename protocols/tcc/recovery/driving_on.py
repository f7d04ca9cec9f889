"""What was lost on the way is driven on from the coordinator's record alone. A branch that stays silent past its time
is taken for one that has not tried: a CANCEL, which is a decision like any other, and the first one stands."""

from typing import Any

from django.conf import settings

from distviz.codes import Reason
from distviz.services.places import COORDINATOR
from distviz.stack.layout import QUEUES
from distviz.trace import context, ending, quiet, sending
from distviz.trace.registering import sweeps
from distviz.trace.sending import note_redriven
from protocols.tcc import coordinator, record
from protocols.tcc.messages import WithdrawalRequested
from protocols.tcc.record import CANCEL, Decision

ASKED = 2  # times, before a branch can be taken for silent: its run may have been held for longer than its time

# A page of them, those first that have waited for longest; whoever had a turn stands behind the others.
_OPEN = """
UPDATE tcc_transactions SET updated_at = now(), asked = asked + 1 WHERE tx_id IN (
    SELECT tx_id FROM tcc_transactions
    WHERE tx_id = ANY(%(runs)s::uuid[]) AND updated_at <= now() - %(age)s * interval '1 second'
    ORDER BY updated_at LIMIT 100 FOR UPDATE SKIP LOCKED
) RETURNING tx_id::text AS tx_id, user_id, amount,
    asked > %(most)s AND begun_at < now() - %(term)s / 2 * interval '1 second' AS late
"""


@sweeps(COORDINATOR)
def drive_on(min_age: float) -> int:
    """Of runs that nobody works on."""
    runs = quiet.of("tcc", min_age)
    asked = {"runs": runs, "age": min_age, "term": settings.T_TERM, "most": ASKED}
    return sum(_drive(row) for row in COORDINATOR.ask(_OPEN, asked)) if runs else 0


def _drive(row: dict[str, Any]) -> bool:
    message = WithdrawalRequested(tx_id=row["tx_id"], user_id=row["user_id"], amount=row["amount"])
    delivery = note_redriven(message.tx_id, COORDINATOR.lane, "go_on", "tcc_transactions")
    if delivery is None:
        return False
    with context.handling(delivery):
        found = record.read(message.tx_id)
        if found.decision is None and found.untried and row["late"] and not _queues_are_full():
            why = Reason.of("branch_is_silent", who=found.untried)
            coordinator.decide(message, Decision(CANCEL, "failed", why, "recovery"))
            return True
        outcome = coordinator.go_on(message)
    if outcome:
        ending.finish(message.tx_id, outcome)
    return True


def _queues_are_full() -> bool:
    """Then an answer is late rather than lost."""
    return sending.backlog(QUEUES) > 2 * settings.WORKER_CONCURRENCY
