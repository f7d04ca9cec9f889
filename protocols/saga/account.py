"""The Account Service in the saga: step 1, its compensation, and the saga log that knows what is still open."""

from distviz.codes import Reason
from distviz.services.account import operations as account
from distviz.services.inbox import first_time
from distviz.services.places import ACCOUNT
from distviz.trace.bus import on
from distviz.trace.outcomes import Outcome, compensated, declined, failed, succeeded
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.saga import saga_log
from protocols.saga.events import CustomerNotified, MoneyDeducted, MoneyRefunded, PaymentFailed, WithdrawalRequested
from protocols.saga.saga_log import COMPENSATED, COMPLETED, DECLINED, PENDING, Entry


@on(ACCOUNT, WithdrawalRequested)
def deduct(request: WithdrawalRequested) -> Outcome | None:
    """Step 1: deduct and open the saga log in one local transaction, then publish."""
    with step("deduct"), ACCOUNT.atomic():
        if first_time(ACCOUNT, request) and saga_log.opens(request):
            if no := account.deduct(request):
                saga_log.record(request, DECLINED, reason=no.reason, closed=True)
        else:
            account.show_committed(request)
        entry = saga_log.read(request)
    return _go_on(request, entry)


@deduct.gives_up
def never_deducted(request: WithdrawalRequested, error: Reason) -> Outcome | None:
    """Nothing was taken and nothing will be: a tombstone keeps a late copy of the request from taking it."""
    with step("give up", at=None), ACCOUNT.atomic():
        if saga_log.opens(request):
            saga_log.record(request, DECLINED, reason=Reason.of("max_retries", why=error), closed=True)
        entry = saga_log.read(request)
    if entry.status == DECLINED:
        return failed("not_debited", why=entry.reason)
    return _go_on(request, entry)


@on(ACCOUNT, PaymentFailed)
def refund(event: PaymentFailed) -> None:
    """The compensating transaction of step 1: not an undo, but a second and opposite entry."""
    with step("refund", compensates="deduct"), ACCOUNT.atomic():
        account.refund(event)
        saga_log.opens(event, COMPENSATED)
        saga_log.record(event, COMPENSATED, reason=event.reason)
    send(MoneyRefunded.of(event, reason=event.reason))


@on(ACCOUNT, CustomerNotified)
def complete(event: CustomerNotified) -> Outcome | None:
    """The last step has succeeded, or the compensation is done: the saga is over."""
    with step("complete", at=None), ACCOUNT.atomic():
        entry = saga_log.read(event)
        status = COMPENSATED if entry.status == COMPENSATED else COMPLETED
        saga_log.record(event, status, reason=entry.reason, closed=True)
        entry = saga_log.read(event)
    return _go_on(event, entry)


def _go_on(message: WithdrawalRequested | CustomerNotified, entry: Entry) -> Outcome | None:
    """What the saga log says is next. A copy of a message that finds its work done comes through here as well."""
    if entry.status == PENDING:
        send(MoneyDeducted.of(message))
    elif entry.status == COMPLETED:
        return succeeded(f"${message.amount} was withdrawn and paid; every step is done.")
    elif entry.status == COMPENSATED and entry.closed:
        return compensated("given_back", amount=message.amount, why=entry.reason)
    elif entry.status == COMPENSATED:
        send(MoneyRefunded.of(message, reason=entry.reason))
    else:
        return declined(entry.reason or "no reason was kept")
    return None
