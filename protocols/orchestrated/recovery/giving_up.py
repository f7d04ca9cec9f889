"""When the retries are used up where no `link_error` is called: the saga stays open, and the sweep goes on."""

from distviz.codes import Reason
from distviz.services.places import COORDINATOR
from distviz.trace import context, outages
from distviz.trace.messages import Message
from protocols.orchestrated import coordinator, saga_log, steps
from protocols.orchestrated.messages import StepFailed, WithdrawalRequested


@coordinator.withdraw.gives_up
def never_begun(request: WithdrawalRequested, error: Reason) -> None:
    """Nothing is done yet, or too little: it turns back."""
    COORDINATOR.run(saga_log.BEGIN, tx=request.tx_id, user=request.user_id, amount=request.amount)
    saga_log.turns_back(StepFailed.of(request, reason=Reason.of("retries_used_up", why=error)))
    leave_open(request, error)


@coordinator.turn_back.gives_up
@coordinator.cancelled.gives_up
@coordinator.refunded.gives_up
@coordinator.complete.gives_up
@steps.cancel.gives_up
@steps.refund.gives_up
@steps.notify.gives_up
def leave_open(message: Message, error: Reason) -> None:
    """What undoes a step may not be given up, and neither may what comes after the payment."""
    if delivery := context.current():
        status = "compensating" if saga_log.read(message.tx_id).back else "running"
        outages.leave_open(delivery, Reason.of("goes_on_from_log", why=error), status)
