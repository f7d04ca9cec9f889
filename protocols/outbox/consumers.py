"""The consumers of what the relays publish: the Payment and the Notification Service. A message may come twice; the
inbox row is written in the same transaction as its effect, so it takes effect once."""

from django.db import DatabaseError

from distviz.codes import Reason
from distviz.errors import Declined
from distviz.services.inbox import first_time
from distviz.services.notification import operations as notification
from distviz.services.payment import operations as payment
from distviz.services.places import NOTIFICATION, PAYMENT
from distviz.trace.bus import on
from distviz.trace.outcomes import Outcome, compensated, succeeded
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.outbox.events import (
    Acknowledged,
    CustomerNotified,
    MoneyDeducted,
    MoneyRefunded,
    PaymentFailed,
    PaymentProcessed,
)
from protocols.outbox.giving_up import unless_down
from protocols.outbox.relay import nudge
from protocols.outbox.table import PAYMENT_OUTBOX as OUTBOX

_PAYMENT = "SELECT id, status, reason FROM payments WHERE withdrawal_id = %(withdrawal)s"


@on(PAYMENT, MoneyDeducted)
def charge(event: MoneyDeducted) -> None:
    """Inbox row, payment and answer in one local transaction. The answer takes the same way back: through an outbox."""
    with step("charge", status="delivering"), PAYMENT.atomic():
        if first_time(PAYMENT, event):
            OUTBOX.write(_answer(event, payment.charge(event)))
        else:
            payment.answer_to(event)
            OUTBOX.revive(event.tx_id)
    nudge(OUTBOX)


@charge.gives_up
def never_charged(event: MoneyDeducted, error: Reason) -> None:
    """Retries used up. The refusal is recorded first, so that no late attempt can still make the payment. While not
    even that can be written down, nothing is decided: the message is not acknowledged, so the relay sends it again."""
    try:
        with step("give up", at=None, status="delivering"), PAYMENT.atomic():
            first_time(PAYMENT, event)
            OUTBOX.write(_answer(event, payment.refuse(event, Reason.of("max_retries", why=error))))
    except DatabaseError:
        return
    nudge(OUTBOX)


@on(PAYMENT, Acknowledged)
def settle(event: Acknowledged) -> Outcome | None:
    """Everybody has dealt with the payment's answer: its row may rest, and the withdrawal is finished."""
    with step("settle", at=None, status="delivering") as opened, PAYMENT.atomic():
        OUTBOX.acknowledge(event.tx_id, PaymentProcessed, PaymentFailed)
        state = OUTBOX.state(event.tx_id)
        made = PAYMENT.run(_PAYMENT, withdrawal=event.tx_id)
        if made and made[0]["status"] == "COMPLETED":
            opened.money[f"payment:payments/{made[0]['id']}"] = {"paid": f"{event.amount:.2f}"}
    if not state.rows or state.unanswered:
        return None  # published, but its relay has not marked it yet
    if made[0]["status"] == "COMPLETED":
        return succeeded(f"${event.amount} was withdrawn and paid; every message was published and acknowledged.")
    return compensated(f"${event.amount} was given back: {made[0]['reason']}.")


@on(NOTIFICATION, PaymentProcessed)
def notify(event: PaymentProcessed) -> None:
    """Send the email, and say so as often as asked."""
    with step("notify", status="delivering"):
        if no := notification.send(event, "withdrawn"):
            raise no
    send(CustomerNotified.of(event))


@on(NOTIFICATION, MoneyRefunded)
def notify_refund(event: MoneyRefunded) -> None:
    """The customer learns that the money is back."""
    with step("notify", status="delivering"):
        if no := notification.send(event, "refunded"):
            raise no
    send(CustomerNotified.of(event))


settle.gives_up(unless_down(lambda: PAYMENT.ask("SELECT 1")))
for _handler in (notify, notify_refund):
    _handler.gives_up(unless_down(lambda: notification.told("")))


def _answer(event: MoneyDeducted, no: Declined | None) -> PaymentProcessed | PaymentFailed:
    return PaymentFailed.of(event, reason=no.reason) if no else PaymentProcessed.of(event)
