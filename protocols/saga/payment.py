"""The Payment Service in the saga: step 2. It listens to `account-events` and knows no other service."""

from distviz.errors import Declined
from distviz.services.inbox import first_time
from distviz.services.payment import operations as payment
from distviz.services.places import PAYMENT
from distviz.trace.bus import on
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.saga.events import MoneyDeducted, PaymentFailed, PaymentProcessed


@on(PAYMENT, MoneyDeducted)
def charge(event: MoneyDeducted) -> None:
    """Step 2: process the payment once, and say how it went, as often as asked."""
    with step("charge"), PAYMENT.atomic():
        no = payment.charge(event) if first_time(PAYMENT, event) else payment.answer_to(event)
    publish(event, no)


def publish(event: MoneyDeducted, no: Declined | None) -> None:
    if no:
        send(PaymentFailed.of(event, reason=no.reason))
    else:
        send(PaymentProcessed.of(event))
