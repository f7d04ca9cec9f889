"""When the retries at a service are used up."""

from distviz.codes import Reason
from distviz.services.inbox import first_time
from distviz.services.payment import operations as payment
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.trace.outcomes import Outcome, failed
from distviz.trace.steps import step
from protocols.outbox import account, consumers, outbox
from protocols.outbox.messages import MoneyDeducted, PaymentFailed, PaymentProcessed, WithdrawalRequested
from protocols.outbox.recovery.asking_again import go_on, has_rows
from protocols.outbox.recovery.ticks import nudge

# An inbox row without an effect: the request is refused, and a late copy of it finds that out.
TOMBSTONE = """
INSERT INTO inbox (consumer, message_id, withdrawal_id, received_at, duplicates)
VALUES ('outbox.account', %(message)s, %(withdrawal)s, now(), 0) ON CONFLICT (consumer, message_id) DO NOTHING
"""


@account.deduct.gives_up
def never_deducted(request: WithdrawalRequested, why: Reason) -> Outcome | None:
    """Nothing was taken and nothing will be."""
    with step("give up"), ACCOUNT.atomic():
        ACCOUNT.run(TOMBSTONE, message=request.id, withdrawal=request.tx_id)
        taken = has_rows(request)
    return go_on(request) if taken else failed("not_debited", why=Reason.of("max_retries", why=why))


@consumers.charge.gives_up
def never_charged(event: MoneyDeducted, why: Reason) -> None:
    """The refusal is recorded first, so that no late attempt can still make the payment. While not even that can be
    written down, nothing is decided: the message is not acknowledged, so the relay sends it again."""
    with step("give up"), PAYMENT.atomic():
        first_time(PAYMENT, event)
        no = payment.refuse(event, Reason.of("max_retries", why=why))
        outbox.write(PAYMENT, PaymentFailed.of(event, reason=no.reason) if no else PaymentProcessed.of(event))
    nudge(PAYMENT)
