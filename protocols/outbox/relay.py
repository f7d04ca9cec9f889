"""The relay: what is in an outbox is published, then marked. It is nudged after a commit and ticks every second; a
nudge may be lost, and any number of relays may run at once."""

import logging
from dataclasses import dataclass

from celery import shared_task
from django.conf import settings
from kombu.exceptions import KombuError

from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT
from distviz.trace import context, faults, log, sweeps, tracing
from distviz.trace.bus import backlog, send
from distviz.trace.consume import RETRYABLE
from distviz.trace.messages import Message, from_wire
from distviz.trace.steps import ran, step
from protocols.outbox import dead
from protocols.outbox.events import MoneyDeducted, MoneyRefunded, WithdrawalRequested
from protocols.outbox.table import ACCOUNT_OUTBOX, CLAIM, PAYMENT_OUTBOX, OutboxTable, Row

_log = logging.getLogger(__name__)
AFTER_PUBLISH = "relay.after_publish"
QUEUES = (ACCOUNT.queue, PAYMENT.queue, NOTIFICATION.queue)
FEW = 2 * settings.WORKER_CONCURRENCY  # in queues that nobody would call full
OUTBOXES = {"account": ACCOUNT_OUTBOX, "payment": PAYMENT_OUTBOX}

faults.know_point(AFTER_PUBLISH, faults.AFTER_ACTIONS)


@dataclass
class Tally:
    """What one pass has done."""

    published: int = 0
    again: int = 0
    failed: int = 0


def nudge(box: OutboxTable) -> None:
    """Say that there is something to publish. If nobody hears it, the next tick finds the row."""
    try:
        relay_task.apply_async(args=[box.place.name], queue=box.place.queue, retry=False)
    except (KombuError, OSError) as error:
        _log.info("the relay was not nudged (%s); it looks by itself", error)


@shared_task(name="outbox.relay", acks_late=False)
def relay_task(service: str) -> None:
    publish_due(OUTBOXES[service])


@sweeps.sweeps(ACCOUNT)
def tick_account(min_age: float) -> int:
    return tick(ACCOUNT_OUTBOX, min_age).published


@sweeps.sweeps(PAYMENT)
def tick_payment(min_age: float) -> int:
    return tick(PAYMENT_OUTBOX, min_age).published


def tick(box: OutboxTable, min_age: float) -> Tally:
    """One pass: what is due, and again what nobody has marked or answered for `min_age` seconds."""
    tally = send_again(box, min_age)
    due = publish_due(box)
    return Tally(tally.published + due.published, tally.again, tally.failed + due.failed)


def publish_due(box: OutboxTable) -> Tally:
    """Claim, publish, mark, until nothing is due."""
    tally = Tally()
    while rows := box.claim():
        _publish_all(box, rows, tally)
    return tally


def send_again(box: OutboxTable, min_age: float) -> Tally:
    """At least once: a relay died before it marked the row, or the queue lost the message, or the answer was lost.

    Not for a run that waits for somebody. While the queues are full an answer is late rather than lost, and sending
    again would only make them fuller: then we wait longer.
    """
    tally = Tally()
    if min_age and backlog(QUEUES) > FEW:
        min_age = max(min_age, settings.T_TERM)
    rows = box.unanswered(min_age)
    sweeps.leave_to_us({row.withdrawal for row in rows})
    late = [row for row in rows if row.late]
    free = sweeps.quiet([row.withdrawal for row in late], 0, step_mode=min_age) if late else set()
    ids = [row.id for row in late if row.withdrawal in free]
    taken = box.claim_again(ids, min_age) if ids else []
    for row in taken:
        log.append(
            row.withdrawal, lane="queue", kind="sweep", phase="redriven", name=row.event_type, data={"from": "outbox"}
        )
    tally.again = len(taken)
    _publish_all(box, taken, tally)
    return tally


def _publish_all(box: OutboxTable, rows: list[Row], tally: Tally) -> None:
    """One after the other, those last whose relay is to be broken: what is done to one withdrawal should not happen to
    its neighbours."""
    rows = sorted(rows, key=lambda row: (_to_be_broken(row), row.id))
    for number, row in enumerate(rows):
        try:
            _publish(box, row)
            tally.published += 1
        except (KombuError, OSError) as error:  # the broker does not answer: the others need not be tried
            left = rows[number:]
            box.put_back([one.id for one in left], f"{type(error).__name__}: {error}")
            tally.failed += len(left)
            return
        except RETRYABLE as error:
            box.put_back([row.id], f"{type(error).__name__}: {error}")
            tally.failed += 1
        except Exception as error:
            _log.exception("outbox row %s of %s cannot be published", row.id, box.place.name)
            dead.poison(box, row, f"{type(error).__name__}: {error}")
            tally.failed += 1


def _publish(box: OutboxTable, row: Row) -> None:
    """Publish, then mark as sent. Between the two the relay may die: then it is published once more."""
    delivery = _delivery(box, row)
    token = context.enter(delivery)
    try:
        with tracing.span(f"relay {row.event_type}", delivery.traceparent, run=row.withdrawal) as (here, onward):
            delivery.span_id, delivery.traceparent = here, onward
            with step(f"publish {row.event_type}", at=None, status="delivering") as opened:
                ran(CLAIM)
                message = _read(row)
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


def _delivery(box: OutboxTable, row: Row) -> context.Delivery:
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


def _to_be_broken(row: Row) -> bool:
    return AFTER_PUBLISH in str(row.headers.get("faults"))


def _read(row: Row) -> Message:
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
