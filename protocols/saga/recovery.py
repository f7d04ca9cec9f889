"""What the queue lost is driven on from the saga log alone: each event can be sent again, every listener knows it."""

from decimal import Decimal

from distviz.services.account import operations as account
from distviz.services.places import ACCOUNT
from distviz.trace import context
from distviz.trace.quiet import quiet
from distviz.trace.registering import sweeps
from distviz.trace.sending import note_redriven, send
from distviz.trace.steps import step
from protocols.saga import saga_log
from protocols.saga.events import MoneyDeducted, MoneyRefunded


@sweeps(ACCOUNT)
def redrive(min_age: float) -> int:
    """Send again what the saga log says is still open and nobody is working on."""
    open_sagas = {str(saga["tx_id"]): saga for saga in saga_log.still_open(min_age)}
    driven = 0
    for tx_id in quiet(list(open_sagas), min_age):
        saga = open_sagas[tx_id]
        undone = saga["status"] == saga_log.COMPENSATED
        event = MoneyRefunded if undone else MoneyDeducted
        delivery = note_redriven(tx_id, ACCOUNT.lane, event.__name__, "saga_log")
        if delivery is None:
            continue
        message = event(
            tx_id=tx_id,
            user_id=str(saga["user_id"]),
            amount=Decimal(str(saga["amount"])),
            reason=saga_log.reason_of(saga),
        )
        token = context.enter(delivery)
        try:
            with step("look it up", at=None, status="compensating" if undone else "running"):
                account.show_committed(message)
            send(message)
        finally:
            context.leave(token)
        driven += 1
    return driven
