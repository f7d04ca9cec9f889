"""The Payment Service gives up."""

from distviz.codes import Reason
from distviz.services.payment import operations as payment
from distviz.services.places import PAYMENT
from distviz.trace.steps import step
from protocols.saga.events import MoneyDeducted
from protocols.saga.payment import charge, publish


@charge.gives_up
def never_charged(event: MoneyDeducted, why: Reason) -> None:
    """Retries used up. The refusal is recorded first, so that no late attempt can still make the payment."""
    with step("give up"), PAYMENT.atomic():
        no = payment.refuse(event, Reason.of("max_retries", why=why))
    publish(event, no)
