"""The Account Service gives up; and what the queue lost is driven on from the saga log alone: each event can be sent
again, every listener knows it."""

from typing import Any

from distviz.codes import Reason
from distviz.errors import Declined
from distviz.services import written
from distviz.services.account import operations as account
from distviz.services.places import ACCOUNT
from distviz.trace import context, quiet
from distviz.trace.outcomes import Outcome, failed
from distviz.trace.registering import sweeps
from distviz.trace.sending import note_redriven, send
from distviz.trace.steps import step
from protocols.saga import saga_log
from protocols.saga.account import deduct, go_on
from protocols.saga.events import MoneyDeducted, MoneyRefunded, WithdrawalRequested
from protocols.saga.saga_log import COMPENSATED, DECLINED

_STILL_OPEN = """
UPDATE saga_log SET updated_at = now() WHERE tx_id IN (
    SELECT tx_id FROM saga_log
    WHERE tx_id = ANY(%(runs)s::uuid[]) AND closed_at IS NULL AND updated_at <= now() - %(age)s * interval '1 second'
    ORDER BY updated_at LIMIT 100 FOR UPDATE SKIP LOCKED
) RETURNING tx_id::text AS tx_id, user_id, amount, status, reason, why::text AS why
"""


@deduct.gives_up
def never_deducted(request: WithdrawalRequested, why: Reason) -> Outcome | None:
    """Nothing was taken and nothing will be: a tombstone keeps a late copy of the request from taking it."""
    with step("give up"), ACCOUNT.atomic():
        if saga_log.opens(request):
            saga_log.decline(request, Declined("max_retries", why=why))
        saga = saga_log.read(request)
    return failed("not_debited", why=saga.no) if saga and saga.status == DECLINED else go_on(request, saga)


@sweeps(ACCOUNT)
def redrive(min_age: float) -> int:
    """Send again what the saga log says is still open and nobody is working on."""
    runs = quiet.of("saga", min_age)
    still_open = ACCOUNT.ask(_STILL_OPEN, {"age": min_age, "runs": runs}) if runs else []
    return sum(_drive(_next(row)) for row in still_open)


def _next(row: dict[str, Any]) -> MoneyDeducted | MoneyRefunded:
    """What the saga log says is to be sent."""
    event = MoneyRefunded if row["status"] == COMPENSATED else MoneyDeducted
    return event(tx_id=row["tx_id"], user_id=row["user_id"], amount=row["amount"], reason=written.read(row))


def _drive(message: MoneyDeducted | MoneyRefunded) -> bool:
    delivery = note_redriven(message.tx_id, ACCOUNT.lane, type(message).__name__, "saga_log")
    if delivery is None:
        return False
    with context.handling(delivery):
        with step("look it up", compensates="deduct" if isinstance(message, MoneyRefunded) else ""):
            account.show_committed(message)
        send(message)
    return True
