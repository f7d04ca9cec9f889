"""A saga as many are written: take, pay, tell; if paying fails, give back. There is no log but the ledger."""

from dataclasses import dataclass

from distviz.codes import Reason
from distviz.errors import Declined
from distviz.services.account import operations as account
from distviz.services.inbox import first_time
from distviz.services.notification import operations as notification
from distviz.services.payment import operations as payment
from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT
from distviz.trace.bus import on
from distviz.trace.outcomes import Outcome, compensated, declined, succeeded
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


@dataclass(frozen=True, kw_only=True)
class PaymentFailed(DomainEvent):
    """The payment was not made."""


@dataclass(frozen=True, kw_only=True)
class MoneyRefunded(DomainEvent):
    """What was taken was given back."""


@on(ACCOUNT, WithdrawalRequested)
def deduct(request: WithdrawalRequested) -> Outcome | None:
    with step("deduct"), ACCOUNT.atomic():
        no = account.deduct(request) if first_time(ACCOUNT, request) else before(request)
    if no:
        return declined(no)
    send(MoneyDeducted.of(request))
    return None


def before(request: WithdrawalRequested) -> Declined | None:
    """What was answered when the same request came before."""
    return None if ACCOUNT.run(TAKEN, id=request.tx_id) else Declined("insufficient_funds")


@on(PAYMENT, MoneyDeducted)
def charge(event: MoneyDeducted) -> None:
    with step("charge"), PAYMENT.atomic():
        no = payment.charge(event) if first_time(PAYMENT, event) else payment.answer_to(event)
    send(PaymentFailed.of(event, reason=no.reason) if no else PaymentProcessed.of(event))


@charge.gives_up
def never_charged(event: MoneyDeducted, why: Reason) -> None:
    """After the last attempt. Whether one of them was paid all the same, nobody asks."""
    send(PaymentFailed.of(event, reason=why))


@on(ACCOUNT, PaymentFailed)
def refund(event: PaymentFailed) -> None:
    with step("refund", compensates="deduct"), ACCOUNT.atomic():
        account.refund(event)
    send(MoneyRefunded.of(event, reason=event.reason))


@on(NOTIFICATION, MoneyRefunded)
def notify_refund(event: MoneyRefunded) -> Outcome:
    with step("notify"):
        if no := notification.send(event, "refunded"):
            raise no
    return compensated("given_back", amount=event.amount, why=Declined(event.reason or "no_reason"))


@on(NOTIFICATION, PaymentProcessed)
def notify(event: PaymentProcessed) -> Outcome:
    with step("notify"):
        if no := notification.send(event, "withdrawn"):
            raise no
    return succeeded("hasty_refund_paid", amount=event.amount)
