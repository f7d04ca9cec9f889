"""What was lost on the way is driven on from the saga log alone: a new chain begins where it stands. A task that is
only slow meets the new chain's task, and one of the two finds itself a copy."""

from typing import Any

from distviz.services.places import COORDINATOR
from distviz.trace import context, ending, quiet
from distviz.trace.outcomes import Outcome
from distviz.trace.registering import sweeps
from distviz.trace.sending import note_redriven
from protocols.orchestrated import coordinator, saga_log
from protocols.orchestrated.messages import WithdrawalRequested

# A page of them, those first that have waited for longest; whoever had a turn stands behind the others.
_OPEN = """
UPDATE orchestrated_sagas SET updated_at = now() WHERE tx_id IN (
    SELECT tx_id FROM orchestrated_sagas
    WHERE tx_id = ANY(%(runs)s::uuid[]) AND updated_at <= now() - %(age)s * interval '1 second'
    ORDER BY updated_at LIMIT 100 FOR UPDATE SKIP LOCKED
) RETURNING tx_id::text AS tx_id, user_id, amount, ended_at IS NOT NULL AS ended
"""


@sweeps(COORDINATOR)
def drive_on(min_age: float) -> int:
    """Of runs that nobody works on."""
    runs = quiet.of("orchestrated", min_age)
    found = COORDINATOR.ask(_OPEN, {"runs": runs, "age": min_age}) if runs else []
    return sum(_drive(row) for row in found)


def _drive(row: dict[str, Any]) -> bool:
    message = WithdrawalRequested(tx_id=row["tx_id"], user_id=row["user_id"], amount=row["amount"])
    delivery = note_redriven(message.tx_id, COORDINATOR.lane, "go_on", "orchestrated_sagas")
    if delivery is None:
        return False
    with context.handling(delivery):
        if row["ended"]:  # the run waits for a message that was lost and that nothing asks for any more
            outcome: Outcome | None = coordinator.end(message, saga_log.read(message.tx_id))
        else:
            outcome = coordinator.go_on(message)
    if outcome:
        ending.finish(message.tx_id, outcome)
    return True
