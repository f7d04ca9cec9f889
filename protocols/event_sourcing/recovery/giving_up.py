"""What is done once the retries are used up: the withdrawal ends, in a way that a late attempt cannot undo."""

from distviz.codes import Reason
from distviz.services.payment import operations as payment
from distviz.services.places import PAYMENT
from distviz.trace.handlers import Answer
from distviz.trace.points import at_step
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.event_sourcing.account import carry_out, charge, withdraw
from protocols.event_sourcing.aggregate import Fact
from protocols.event_sourcing.messages import MoneyDeducted, PaymentFailed, PaymentProcessed, WithdrawalRequested
from protocols.event_sourcing.recovery.deciding_again import at_once

at_step("event_sourcing", "give up", points=None)


@withdraw.gives_up
def never_decided(request: WithdrawalRequested, error: Reason) -> Answer:
    """If nothing was deducted, nothing will be: a late copy of the request finds this tombstone."""
    why = Reason.of("max_retries", why=error)
    tombstone = [Fact.of(request, "WithdrawalRequested"), Fact.of(request, "WithdrawalFailed", why)]
    return at_once(request.user_id, lambda: carry_out("give up", request, {"": lambda _: tombstone}))


@charge.gives_up
def never_charged(event: MoneyDeducted, error: Reason) -> None:
    """The refusal is recorded first, so that no late attempt can still make the payment."""
    with step("give up"), PAYMENT.atomic():
        no = payment.refuse(event, Reason.of("max_retries", why=error))
    send(PaymentFailed.of(event, reason=no.reason) if no else PaymentProcessed.of(event))
