"""A message that came before (a copy, an operator's retry, a sweep): its work may be done, and what follows from it may
not."""

from distviz.services.places import ACCOUNT, PAYMENT
from distviz.trace.messages import Message
from distviz.trace.outcomes import Outcome, declined
from protocols.outbox import account, consumers
from protocols.outbox.messages import MoneyDeducted, PaymentFailed, WithdrawalRequested
from protocols.outbox.recovery.dead import requeue
from protocols.outbox.recovery.ticks import nudge

HAS_ROWS = "SELECT 1 FROM outbox WHERE withdrawal_id = %(withdrawal)s LIMIT 1"


@account.deduct.asked_again
def deduct_again(request: WithdrawalRequested) -> Outcome | None:
    return account.deduct(request) or go_on(request)


@account.refund.asked_again
def refund_again(event: PaymentFailed) -> Outcome | None:
    return account.refund(event) or go_on(event)


@consumers.charge.asked_again
def charge_again(event: MoneyDeducted) -> None:
    consumers.charge(event)
    requeue(PAYMENT, event.tx_id)
    nudge(PAYMENT)


def go_on(message: Message) -> Outcome | None:
    """What the tables of the Account Service say is next."""
    if not has_rows(message):
        return declined("refused_before")
    requeue(ACCOUNT, message.tx_id)
    account.conclude(message)
    nudge(ACCOUNT)
    return None


def has_rows(message: Message) -> bool:
    """Whether anything of this withdrawal was written to the outbox of the Account Service, so money was taken."""
    return bool(ACCOUNT.ask(HAS_ROWS, {"withdrawal": message.tx_id}))
