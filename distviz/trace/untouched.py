"""What waits for a person does not wait for ever. A parked message that nobody has dealt with for WAIT_MAX_SECONDS is
delivered, and its run goes on at full speed, to whatever its protocol makes of it; a hold ends likewise (faults.py)."""

from django.conf import settings
from django.db import transaction

from distviz.trace import context, log
from distviz.trace.models import Parked, Run

# A run in step mode is first told to be in none, so that what is sent from then on is not parked again. What was under
# way meanwhile, and is parked a moment later, follows at once.
_LEFT = """
SELECT DISTINCT r.id, r.mode FROM parked_messages p JOIN runs r ON r.id = p.run_id
WHERE p.state = 'parked' AND p.due_at IS NULL AND r.finished_at IS NULL AND (
    p.at < now() - %(wait)s * interval '1 second' AND r.updated_at < now() - %(wait)s * interval '1 second'
    OR p.why = 'step' AND r.mode = 'run') LIMIT 100
"""
_TAKE = """
UPDATE runs SET mode = 'run', updated_at = clock_timestamp() WHERE id = %(run)s AND finished_at IS NULL
    AND (mode = 'run' OR updated_at < now() - %(wait)s * interval '1 second') RETURNING 1
"""


def let_go(_min_age: float) -> int:
    """A pass for the coordinator's sweep; the one after it (`_deliver_due`) delivers what has become due."""
    wait = settings.WAIT_MAX_SECONDS
    found = list(Run.objects.raw(_LEFT, {"wait": wait}))
    return sum(_let_go(str(run.pk), run.mode, wait) for run in found)


def _let_go(run_id: str, mode: str, wait: float) -> bool:
    with transaction.atomic(using="default"):
        if not log.query(_TAKE, {"run": run_id, "wait": wait}):
            return False  # somebody has acted just now
        due = Parked.objects.raw(
            "UPDATE parked_messages SET due_at = now() WHERE run_id = %(run)s AND state = 'parked' AND due_at IS NULL"
            " RETURNING id",
            {"run": run_id},
        )
        taken = len(list(due))
    if mode == "step":
        context.Delivery(run_id, lane="client").tell("sweep", "untouched", seconds=wait)
    return bool(taken)
