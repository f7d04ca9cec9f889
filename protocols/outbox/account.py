"""The Account Service: the balance and the outbox row in one local transaction, and what the answers mean for both."""

from distviz.services.account import operations as account
from distviz.services.inbox import first_time
from distviz.services.places import ACCOUNT
from distviz.trace.bus import on
from distviz.trace.outcomes import Outcome, declined
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.messages import Message
from protocols.outbox import outbox
from protocols.outbox.messages import (
    Acknowledged,
    CustomerNotified,
    MoneyDeducted,
    MoneyRefunded,
    PaymentFailed,
    PaymentProcessed,
    WithdrawalRequested,
)

# Every message of the withdrawal is published and acknowledged here, and the customer knows.
CONCLUDED = """
SELECT 1 WHERE EXISTS (SELECT 1 FROM inbox WHERE consumer = 'outbox.account' AND message_id = %(notified)s::uuid)
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE withdrawal_id = %(withdrawal)s::uuid AND status <> 'acknowledged')
"""


@on(ACCOUNT, WithdrawalRequested)
def deduct(request: WithdrawalRequested) -> Outcome | None:
    """Begin; update the account; insert into the outbox; commit: both or neither. Publishing is the relay's job."""
    with step("deduct"), ACCOUNT.atomic():
        if first_time(ACCOUNT, request):
            if no := account.deduct(request):
                return declined(no)
            outbox.write(ACCOUNT, MoneyDeducted.of(request))
    return None


@on(ACCOUNT, PaymentProcessed)
def acknowledge(event: PaymentProcessed) -> None:
    """The payment was made: the row that asked for it is acknowledged."""
    with step("acknowledge"), ACCOUNT.atomic():
        first_time(ACCOUNT, event)
        outbox.acknowledge(ACCOUNT, event, MoneyDeducted)
    conclude(event)


@on(ACCOUNT, PaymentFailed)
def refund(event: PaymentFailed) -> Outcome | None:
    """Compensation: the money is given back and the news of it written to the outbox, again both or neither."""
    with step("refund", compensates="deduct"), ACCOUNT.atomic():
        if first_time(ACCOUNT, event):
            if not account.refund(event):  # it has overtaken its own deduction, which must not come any more
                first_time(ACCOUNT, WithdrawalRequested.of(event))
                return declined("refused_before")
            outbox.write(ACCOUNT, MoneyRefunded.of(event, reason=event.reason))
        outbox.acknowledge(ACCOUNT, event, MoneyDeducted)
    return None


@on(ACCOUNT, CustomerNotified)
def complete(event: CustomerNotified) -> None:
    """The customer has been told. After a refund this is the answer to its row."""
    with step("complete"), ACCOUNT.atomic():
        first_time(ACCOUNT, event)
        outbox.acknowledge(ACCOUNT, event, MoneyRefunded)
    conclude(event)


def conclude(event: Message) -> None:
    """Tell the Payment Service, whose own row waits for that. Asked after the commit, so that of two answers that come
    at once the later one sees both."""
    if ACCOUNT.ask(CONCLUDED, {"withdrawal": event.tx_id, "notified": CustomerNotified.of(event).id}):
        send(Acknowledged.of(event))
