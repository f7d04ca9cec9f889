"""The coordinator: one Celery chain forwards, one backwards. Celery runs the links in order and calls `link_error` when
one fails; how far the saga is, it does not know. The log does, and a new chain begins wherever the log is."""

from celery import chain

from distviz.services.places import COORDINATOR
from distviz.trace.bus import on
from distviz.trace.outcomes import Outcome, compensated, declined, failed, succeeded
from distviz.trace.steps import step
from protocols.messages import Message
from protocols.orchestrated import messages as m
from protocols.orchestrated import saga_log
from protocols.orchestrated.saga_log import CHARGE, DEDUCT, Saga
from protocols.orchestrated.steps import cancel, charge, deduct, notify, refund


@on(COORDINATOR, m.WithdrawalRequested)
def withdraw(request: m.WithdrawalRequested) -> Outcome | None:
    with step("begin"):
        COORDINATOR.run(saga_log.BEGIN, tx=request.tx_id, user=request.user_id, amount=request.amount)
    return go_on(request)


@on(COORDINATOR, m.MoneyDeducted)
def deducted(answer: m.MoneyDeducted) -> m.ProcessPayment | None:
    """Written down before the next step is asked for."""
    with step("log the deduction"):
        saga = saga_log.done(answer, DEDUCT)
    return None if saga.back else m.ProcessPayment.of(answer)


@on(COORDINATOR, m.PaymentProcessed)
def charged(answer: m.PaymentProcessed) -> Outcome | None:
    """The point of no return. What follows cannot fail for good, so its chain has no `link_error`."""
    with step("log the payment"):
        saga_log.done(answer, CHARGE)
    return go_on(answer)


@on(COORDINATOR, m.StepFailed)
def turn_back(failure: m.StepFailed) -> Outcome | None:
    """The `link_error` of the chain: undo what is done, in reverse order."""
    with step("turn back"):
        turned = saga_log.turns_back(failure)
    return go_on(failure) if turned else None


@on(COORDINATOR, m.PaymentCancelled)
def cancelled(answer: m.PaymentCancelled) -> m.RefundMoney | Outcome | None:
    """Nothing is refunded before the payment is known not to be. If it was made, the saga goes forward after all."""
    with step("log the payment" if answer.paid else "log the cancellation"):
        saga = saga_log.done(answer, CHARGE) if answer.paid else saga_log.undone(answer, CHARGE)
    return m.RefundMoney.of(answer, reason=saga.no) if CHARGE in saga.undone else go_on(answer)


@on(COORDINATOR, m.MoneyRefunded)
def refunded(answer: m.MoneyRefunded) -> m.NotifyCustomer | Outcome | None:
    with step("log the refund"):
        saga = saga_log.undone(answer, DEDUCT, given_back=bool(answer.given_back))
    if saga.given_back and not saga.may_be_paid:
        return m.NotifyCustomer.of(answer, reason=saga.no)
    return go_on(answer)


@on(COORDINATOR, m.CustomerNotified)
def complete(answer: m.CustomerNotified) -> Outcome:
    return end(answer, saga_log.read(answer.tx_id))


def end(message: Message, saga: Saga) -> Outcome:
    with step("end"):
        COORDINATOR.run(saga_log.END, tx=message.tx_id)
    if not saga.back:
        return succeeded("every_step_done", amount=message.amount)
    if saga.given_back:
        return compensated("undone_backwards", amount=message.amount, why=saga.no)
    return failed("nothing_to_undo", why=saga.no) if saga.no.code in saga_log.NO_NO else declined(saga.no)


def go_on(message: Message) -> Outcome | None:
    """Start the chain that is left, as the log says."""
    saga = saga_log.read(message.tx_id)
    if not saga.back and CHARGE in saga.done:
        chain(notify.s(m.NotifyCustomer.of(message)), complete.s()).apply_async()
    elif not saga.back and DEDUCT in saga.done:
        chain(charge.s(m.ProcessPayment.of(message)), charged.s()).apply_async(link_error=turn_back.s())
    elif not saga.back:
        steps = [deduct.s(m.DeductMoney.of(message)), deducted.s(), charge.s(), charged.s()]
        chain(*steps).apply_async(link_error=turn_back.s())
    elif saga.may_be_paid:
        payment = m.CancelPayment.of(message, reason=saga.no)
        chain(cancel.s(payment), cancelled.s(), refund.s(), refunded.s(), notify.s(), complete.s()).apply_async()
    elif DEDUCT not in saga.undone:
        money = m.RefundMoney.of(message, reason=saga.no)
        chain(refund.s(money), refunded.s(), notify.s(), complete.s()).apply_async()
    elif saga.given_back:
        chain(notify.s(m.NotifyCustomer.of(message, reason=saga.no)), complete.s()).apply_async()
    else:
        return end(message, saga)
    return None
