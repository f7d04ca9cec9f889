"""Three services and no protocol: a chain of tasks. Each commits for itself, then Celery tells the next one. A chain is
no transaction: nothing is repeated, no copy is recognised, nothing is refunded. Finished when: unknown."""

from celery import chain

from distviz.services.account import operations as account
from distviz.services.notification import operations as notification
from distviz.services.payment import operations as payment
from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT
from distviz.trace.bus import on, starts
from distviz.trace.outcomes import Outcome, declined, succeeded
from distviz.trace.steps import step
from protocols.dual_write.events import MoneyDeducted, PaymentProcessed, WithdrawalRequested


@starts(WithdrawalRequested)
def withdraw(request: WithdrawalRequested) -> None:
    """What one task returns goes to the next."""
    chain(deduct.s(request), charge.s(), notify.s()).apply_async()


@on(ACCOUNT, WithdrawalRequested, retries=False)
def deduct(request: WithdrawalRequested) -> MoneyDeducted | Outcome:
    """First write: the database. Second write: the queue. Between the two there is nothing."""
    with step("deduct"), ACCOUNT.atomic():
        no = account.deduct(request)
    return declined(no) if no else MoneyDeducted.of(request)


@on(PAYMENT, MoneyDeducted, retries=False)
def charge(event: MoneyDeducted) -> PaymentProcessed | None:
    """If this fails, the money has left the account and the payment never happened."""
    with step("charge"), PAYMENT.atomic():
        no = payment.charge(event)
    return None if no else PaymentProcessed.of(event)


@on(NOTIFICATION, PaymentProcessed, retries=False)
def notify(event: PaymentProcessed) -> Outcome:
    with step("notify"):
        if no := notification.send(event, "withdrawn"):
            raise no
    return succeeded("dual_write_lucky")
