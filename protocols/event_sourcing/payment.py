"""The Payment Service under event sourcing: asked by an event, it answers with one. Its own store is its own affair."""

from distviz.codes import Reason
from distviz.errors import Declined
from distviz.services.inbox import first_time
from distviz.services.payment import operations as payment
from distviz.services.places import PAYMENT
from distviz.trace.bus import on
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.event_sourcing.events import MoneyDeducted, PaymentFailed, PaymentProcessed


@on(PAYMENT, MoneyDeducted)
def charge(event: MoneyDeducted) -> None:
    """Process the payment once, and say how it went, as often as asked."""
    with step("charge"), PAYMENT.atomic():
        no = payment.charge(event) if first_time(PAYMENT, event) else payment.answer_to(event)
    _answer(event, no)


@charge.gives_up
def never_charged(event: MoneyDeducted, error: Reason) -> None:
    """Retries used up. The refusal is recorded first, so that no late attempt can still make the payment."""
    with step("give up", at=None), PAYMENT.atomic():
        no = payment.refuse(event, Reason.of("max_retries", why=error))
    _answer(event, no)


def _answer(event: MoneyDeducted, no: Declined | None) -> None:
    if no:
        send(PaymentFailed.of(event, reason=no.reason))
    else:
        send(PaymentProcessed.of(event))
