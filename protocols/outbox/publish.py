"""Publishing one row of an outbox, on behalf of the run that wrote it."""

from distviz.trace import context, faults, tracing
from distviz.trace.messages import Message, from_wire
from distviz.trace.sending import send
from distviz.trace.steps import ran, step
from protocols.outbox.events import MoneyDeducted, MoneyRefunded, WithdrawalRequested
from protocols.outbox.statements import CLAIM
from protocols.outbox.table import OutboxTable, Row

AFTER_PUBLISH = "relay.after_publish"

faults.know_point(AFTER_PUBLISH, faults.AFTER_ACTIONS)


def publish(box: OutboxTable, row: Row) -> None:
    """Publish, then mark as sent. Between the two the relay may die: then it is published once more."""
    delivery = delivery_for(box, row)
    token = context.enter(delivery)
    try:
        with tracing.span(f"relay {row.event_type}", delivery.traceparent, run=row.withdrawal) as (here, onward):
            delivery.span_id, delivery.traceparent = here, onward
            with step(f"publish {row.event_type}", at=None, status="delivering") as opened:
                ran(CLAIM)
                message = read(row)
                delivery.cause = opened.begun or delivery.cause
                opened.money |= _proof(message)
                send(message)
                faults.fire([AFTER_PUBLISH])
                status = box.mark(row)
            if status == "acknowledged":  # the answer came before the mark, so nobody is left who would go on
                delivery.redriven = True
                send(WithdrawalRequested.of(message))
    finally:
        context.leave(token)


def delivery_for(box: OutboxTable, row: Row) -> context.Delivery:
    """In whose name the relay acts: the row's headers say it, so no query is needed."""
    headers = row.headers
    return context.Delivery(
        run_id=row.withdrawal,
        protocol="outbox",
        lane="queue",
        mode=headers.get("mode", "run"),
        who="outbox.relay",
        attempt=row.attempts,
        cause=headers.get("cause"),
        traceparent=headers.get("traceparent") or "00-{}-{}-01".format(*tracing.new_trace()),
        faults=[context.FaultRef(*fault) for fault in headers.get("faults", [])],
        redriven=row.sent_before,
        service=box.place.name,
    )


def read(row: Row) -> Message:
    """The message in the row, if it is the one that the row says it is."""
    message = from_wire(row.payload)
    found = (message.protocol, type(message).__name__, message.tx_id)
    if found != ("outbox", row.event_type, row.withdrawal):
        raise ValueError(f"the payload is another message's: {'.'.join(found[:2])} of {found[2]}")
    return message


def _proof(message: Message) -> dict[str, dict[str, str]]:
    """The row was committed together with the money: where nobody lived to tell of it, its row does."""
    if isinstance(message, MoneyDeducted):
        return {"account:ledger/deduct": {"account": f"{-message.amount:.2f}"}}
    if isinstance(message, MoneyRefunded):
        return {"account:ledger/refund": {"account": f"{message.amount:.2f}"}}
    return {}
