"""Three services and no protocol: each commits for itself, then tells the next one. Nothing is repeated, nothing is
recognised, nothing is given back. Finished when: nobody knows."""

from distviz.errors import Declined
from distviz.services.account import operations as account
from distviz.services.notification import operations as notification
from distviz.services.payment import operations as payment
from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT
from distviz.trace.bus import on
from distviz.trace.outcomes import Outcome, declined, succeeded
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.dual_write.events import MoneyDeducted, PaymentProcessed, WithdrawalRequested


@on(ACCOUNT, WithdrawalRequested, retries=False)
def deduct(request: WithdrawalRequested) -> Outcome | None:
    """First write: the database. Second write: the queue. Between the two there is nothing."""
    try:
        with step("deduct"), ACCOUNT.atomic():
            if no := account.deduct(request):
                raise no
    except Declined as no:
        return declined(no)
    send(MoneyDeducted.of(request))
    return None


@on(PAYMENT, MoneyDeducted, retries=False)
def charge(event: MoneyDeducted) -> None:
    """If this fails, the money has left the account and the payment never happened."""
    with step("charge"), PAYMENT.atomic():
        no = payment.charge(event)
    if not no:
        send(PaymentProcessed.of(event))


@on(NOTIFICATION, PaymentProcessed, retries=False)
def notify(event: PaymentProcessed) -> Outcome:
    with step("notify"):
        if no := notification.send(event, "withdrawn"):
            raise no
    return succeeded("The payment was made. This time nothing went wrong.")
