"""The Account Service in the saga: step 1, its compensation, and the saga log that knows what is still open."""

from distviz.errors import Declined
from distviz.services.account import operations as account
from distviz.services.inbox import first_time
from distviz.services.places import ACCOUNT
from distviz.trace.bus import on
from distviz.trace.outcomes import Outcome, compensated, declined, succeeded
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.messages import Message
from protocols.saga import saga_log
from protocols.saga.events import CustomerNotified, MoneyDeducted, MoneyRefunded, PaymentFailed, WithdrawalRequested
from protocols.saga.saga_log import COMPENSATED, COMPLETED, PENDING, Saga


@on(ACCOUNT, WithdrawalRequested)
def deduct(request: WithdrawalRequested) -> Outcome | None:
    """Step 1: deduct and open the saga log in one local transaction, then publish."""
    with step("deduct"), ACCOUNT.atomic():
        new = first_time(ACCOUNT, request) and saga_log.opens(request)
        if new and (no := account.deduct(request)):
            saga_log.decline(request, no)
        saga = saga_log.read(request)
    return go_on(request, saga)


@on(ACCOUNT, PaymentFailed)
def refund(event: PaymentFailed) -> Outcome | None:
    """The compensating transaction of step 1: not an undo, but a second and opposite entry."""
    with step("refund", compensates="deduct"), ACCOUNT.atomic():
        if saga_log.opens(event):  # it has overtaken step 1, which must not come any more
            saga_log.decline(event, Declined(event.reason or "no_reason"))
        elif saga_log.compensate(event):
            account.refund(event)
        saga = saga_log.read(event)
    return go_on(event, saga)


@on(ACCOUNT, CustomerNotified)
def complete(event: CustomerNotified) -> Outcome | None:
    """The last step has succeeded, or the compensation is done: the saga is over."""
    with step("complete"), ACCOUNT.atomic():
        saga_log.close(event)
        saga = saga_log.read(event)
    return go_on(event, saga)


def go_on(message: Message, saga: Saga | None) -> Outcome | None:
    """What the saga log says is next. A copy of a message that finds its work done comes through here as well."""
    if saga is None:
        return None
    if saga.status == PENDING:
        send(MoneyDeducted.of(message))
    elif saga.status == COMPLETED:
        return succeeded("saga_completed", amount=message.amount)
    elif saga.status == COMPENSATED and not saga.closed:
        send(MoneyRefunded.of(message, reason=saga.no.reason))
    elif saga.status == COMPENSATED:
        return compensated("given_back", amount=message.amount, why=saga.no)
    else:
        return declined(saga.no)
    return None
