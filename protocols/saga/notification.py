"""The Notification Service in the saga: step 3, or the bad news of a refund."""

from distviz.services.notification import operations as notification
from distviz.services.places import NOTIFICATION
from distviz.trace.bus import on
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.saga.events import CustomerNotified, MoneyRefunded, PaymentProcessed


@on(NOTIFICATION, PaymentProcessed)
def notify(event: PaymentProcessed) -> None:
    """Step 3: send the email. The last step of the happy path."""
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
    send(CustomerNotified.of(event, reason=event.reason))
