"""The consumers of what the relays publish: the Payment and the Notification Service. A message may come twice; the
inbox row is written in the same transaction as its effect, so it takes effect once."""

from distviz.services.inbox import first_time
from distviz.services.notification import operations as notification
from distviz.services.payment import operations as payment
from distviz.services.places import NOTIFICATION, PAYMENT
from distviz.trace.bus import on
from distviz.trace.outcomes import Outcome, compensated, succeeded
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.outbox import outbox
from protocols.outbox.messages import (
    Acknowledged,
    CustomerNotified,
    MoneyDeducted,
    MoneyRefunded,
    PaymentFailed,
    PaymentProcessed,
)

ALL_ACKNOWLEDGED = """
SELECT 1 FROM outbox WHERE withdrawal_id = %(withdrawal)s HAVING bool_and(status = 'acknowledged')
"""


@on(PAYMENT, MoneyDeducted)
def charge(event: MoneyDeducted) -> None:
    """Inbox row, payment and answer in one local transaction. The answer takes the same way back: through an outbox."""
    with step("charge"), PAYMENT.atomic():
        if first_time(PAYMENT, event):
            no = payment.charge(event)
            outbox.write(PAYMENT, PaymentFailed.of(event, reason=no.reason) if no else PaymentProcessed.of(event))


@on(PAYMENT, Acknowledged)
def settle(event: Acknowledged) -> Outcome | None:
    """All consumers have handled the payment's answer: its row is acknowledged, and the withdrawal is finished."""
    with step("settle"), PAYMENT.atomic():
        outbox.acknowledge(PAYMENT, event, PaymentProcessed, PaymentFailed)
        no = payment.recall(event)
    if not PAYMENT.ask(ALL_ACKNOWLEDGED, {"withdrawal": event.tx_id}):
        return None  # published, but its relay has not marked it yet
    if no:
        return compensated("given_back", amount=event.amount, why=no)
    return succeeded("published_and_acknowledged", amount=event.amount)


@on(NOTIFICATION, PaymentProcessed)
def notify(event: PaymentProcessed) -> None:
    """Send the email, and say so as often as asked."""
    with step("notify"):
        if no := notification.send(event, "withdrawn"):
            raise no
    send(CustomerNotified.of(event))


@on(NOTIFICATION, MoneyRefunded)
def notify_refund(event: MoneyRefunded) -> None:
    """The customer learns that the money is back."""
    with step("notify"):
        if no := notification.send(event, "refunded"):
            raise no
    send(CustomerNotified.of(event))
