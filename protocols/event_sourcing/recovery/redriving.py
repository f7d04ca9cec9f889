"""What the queue lost is driven on from the store alone: the last event of an open withdrawal says what is next."""

import logging
from decimal import Decimal

from django.conf import settings

from distviz.errors import Coded
from distviz.stack.layout import QUEUES
from distviz.trace import quiet
from distviz.trace.context import Delivery, handling
from distviz.trace.points import at_step
from distviz.trace.registering import sweeps
from distviz.trace.sending import backlog, note_redriven
from distviz.trace.steps import step
from protocols.event_sourcing import points
from protocols.event_sourcing.account import EVENTS, NEXT, go_on, load
from protocols.event_sourcing.aggregate import Fact
from protocols.event_sourcing.messages import WithdrawalRequested

_log = logging.getLogger(__name__)

# The process manager's to-do list. Each open withdrawal is handed to one caller only.
_STILL_OPEN = """
UPDATE open_withdrawals SET touched_at = clock_timestamp() WHERE withdrawal_id IN (
    SELECT withdrawal_id FROM open_withdrawals
    WHERE withdrawal_id = ANY(%(runs)s::uuid[]) AND touched_at <= clock_timestamp() - %(age)s * interval '1 second'
    ORDER BY touched_at LIMIT 100 FOR UPDATE SKIP LOCKED
) RETURNING withdrawal_id::text AS id, account
"""


def _status(delivery: Delivery) -> str:
    """`of` is the last fact."""
    return "compensating" if isinstance(delivery.of, Fact) and delivery.of.type == "MoneyRefunded" else "running"


at_step("event_sourcing", "look it up", points=None, status=_status)


@sweeps(EVENTS)
def redrive(min_age: float) -> int:
    """Send again what follows the last event of each open withdrawal, if it is not being worked on."""
    runs = quiet.of("event_sourcing", min_age)
    if runs and min_age and backlog(QUEUES) > 2 * settings.WORKER_CONCURRENCY:
        min_age = max(min_age, settings.T_TERM)  # late, not lost
        runs = quiet.of("event_sourcing", min_age)
    found = EVENTS.ask(_STILL_OPEN, {"age": min_age, "runs": runs}) if runs else []
    return sum(_drive(row["account"], row["id"]) for row in found)


def _drive(name: str, withdrawal: str) -> bool:
    try:
        account, known = load(name, withdrawal)
    except Coded as error:  # the others are not to wait for this one
        _log.error("%s", error)
        return False
    if not known or known[-1].type not in NEXT:
        return False
    delivery = note_redriven(withdrawal, EVENTS.lane, NEXT[known[-1].type].__name__, "event_store")
    if delivery is None:
        return False
    delivery.of = known[-1]
    with handling(delivery):
        with step("look it up"):
            points.show(account.stream, known)
        amount = Decimal(known[0].data["amount"])
        go_on(WithdrawalRequested(tx_id=withdrawal, user_id=name, amount=amount), known, appended=False)
    return True
