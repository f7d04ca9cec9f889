"""What the services do when the coordinator asks, and how they undo it. None of them knows of another one."""

from distviz.codes import Reason
from distviz.errors import Declined
from distviz.services.account import operations as account
from distviz.services.inbox import first_time
from distviz.services.notification import operations as notification
from distviz.services.payment import operations as payment
from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT
from distviz.trace.bus import on
from distviz.trace.steps import step
from protocols.orchestrated import messages as m

# The barrier: the inbox row of an order that has not come, so that it finds itself a copy when it does.
FORESTALL = """
INSERT INTO inbox (consumer, message_id, withdrawal_id, received_at, duplicates)
VALUES ('orchestrated.account', %(message)s, %(withdrawal)s, now(), 0) ON CONFLICT DO NOTHING RETURNING message_id
"""
TAKEN = "SELECT id FROM ledger WHERE withdrawal_id = %(withdrawal)s AND kind = 'deduct'"


@on(ACCOUNT, m.DeductMoney)
def deduct(order: m.DeductMoney) -> m.MoneyDeducted:
    """Step 1: take it once, or, after a "no" or a refund that came first, never. A "no" is raised: the task fails."""
    with step("deduct"), ACCOUNT.atomic():
        no = account.deduct(order) if first_time(ACCOUNT, order) else called_off(order)
    if no:
        raise no
    return m.MoneyDeducted.of(order)


def called_off(order: m.DeductMoney) -> Declined | None:
    return None if ACCOUNT.run(TAKEN, withdrawal=order.tx_id) else Declined("called_off")


@on(ACCOUNT, m.RefundMoney)
def refund(order: m.RefundMoney) -> m.MoneyRefunded:
    """Undo step 1: give back what was taken, and see to it that nothing is taken any more."""
    with step("refund", compensates="deduct"), ACCOUNT.atomic():
        ACCOUNT.run(FORESTALL, message=m.DeductMoney.of(order).id, withdrawal=order.tx_id)
        account.refund(order)
        taken = ACCOUNT.run(TAKEN, withdrawal=order.tx_id)
    return m.MoneyRefunded.of(order, given_back="yes" if taken else "")


@on(PAYMENT, m.ProcessPayment)
def charge(order: m.ProcessPayment) -> m.PaymentProcessed:
    """Step 2: pay once. A refusal stays recorded, and is raised."""
    with step("charge"), PAYMENT.atomic():
        no = payment.charge(order) if first_time(PAYMENT, order) else payment.answer_to(order)
    if no:
        raise no
    return m.PaymentProcessed.of(order)


@on(PAYMENT, m.CancelPayment)
def cancel(order: m.CancelPayment) -> m.PaymentCancelled:
    """Undo step 2: refuse the payment, unless it was made. A late order finds the refusal."""
    with step("cancel", compensates="charge"), PAYMENT.atomic():
        no = payment.refuse(order, order.reason or Reason("no_reason"))
    return m.PaymentCancelled.of(order, paid="" if no else "yes")


@on(NOTIFICATION, m.NotifyCustomer)
def notify(order: m.NotifyCustomer) -> m.CustomerNotified:
    """Step 3. It has no compensation, so it comes last."""
    with step("notify"):
        if no := notification.send(order, "refunded" if order.reason else "withdrawn"):
            raise no
    return m.CustomerNotified.of(order)
