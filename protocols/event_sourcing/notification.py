"""The Notification Service under event sourcing: it tells the customer how it went, and that it has done so."""

from distviz.services.notification import operations as notification
from distviz.services.places import NOTIFICATION
from distviz.trace.bus import on
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.event_sourcing.events import CustomerNotified, MoneyRefunded, NotifyCustomer


@on(NOTIFICATION, NotifyCustomer)
def notify(command: NotifyCustomer) -> None:
    """Send the email."""
    with step("notify"):
        if no := notification.send(command, "withdrawn"):
            raise no
    send(CustomerNotified.of(command))


@on(NOTIFICATION, MoneyRefunded)
def notify_refund(event: MoneyRefunded) -> None:
    """The customer learns that the money is back."""
    with step("notify"):
        if no := notification.send(event, "refunded"):
            raise no
    send(CustomerNotified.of(event, reason=event.reason))
