"""Take, pay, tell: three local transactions, each repeated until it is done. There is no log but the ledger."""

from dataclasses import dataclass

from distviz.errors import Declined
from distviz.services.account import operations as account
from distviz.services.inbox import first_time
from distviz.services.notification import operations as notification
from distviz.services.payment import operations as payment
from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT
from distviz.trace.bus import on
from distviz.trace.outcomes import Outcome, declined, succeeded
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.messages import Command, DomainEvent

TAKEN = "SELECT 1 FROM ledger WHERE withdrawal_id = %(id)s AND kind = 'deduct'"


@dataclass(frozen=True, kw_only=True)
class WithdrawalRequested(Command):
    """The customer's click."""


@dataclass(frozen=True, kw_only=True)
class MoneyDeducted(DomainEvent):
    """The account was debited."""


@dataclass(frozen=True, kw_only=True)
class PaymentProcessed(DomainEvent):
    """The payment was made."""


@on(ACCOUNT, WithdrawalRequested)
def deduct(request: WithdrawalRequested) -> Outcome | None:
    with step("deduct"), ACCOUNT.atomic():
        no = account.deduct(request) if first_time(ACCOUNT, request) else before(request)
        if not no:
            send(MoneyDeducted.of(request))  # "in the same transaction", but the queue knows of none
    return declined(no) if no else None


def before(request: WithdrawalRequested) -> Declined | None:
    """What was answered when the same request came before."""
    return None if ACCOUNT.run(TAKEN, id=request.tx_id) else Declined("insufficient_funds")


@on(PAYMENT, MoneyDeducted)
def charge(event: MoneyDeducted) -> None:
    with step("charge"), PAYMENT.atomic():
        no = payment.charge(event) if first_time(PAYMENT, event) else payment.answer_to(event)
    if no:
        raise no
    send(PaymentProcessed.of(event))


@on(NOTIFICATION, PaymentProcessed)
def notify(event: PaymentProcessed) -> Outcome:
    with step("notify"):
        if no := notification.send(event, "withdrawn"):
            raise no
    return succeeded("early_word_paid", amount=event.amount)
