"""The relay: what is in an outbox is published, then marked. It is nudged after a commit and ticks every second; a
nudge may be lost, and any number of relays may run at once. None of them publishes while the relay is stopped."""

import logging
from dataclasses import dataclass

from celery import shared_task
from django.conf import settings
from kombu.exceptions import KombuError

from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT
from distviz.trace import log, quiet, registering
from distviz.trace.consume import RETRYABLE
from distviz.trace.sending import backlog
from protocols.outbox import dead, switch
from protocols.outbox.publish import AFTER_PUBLISH, publish
from protocols.outbox.table import ACCOUNT_OUTBOX, PAYMENT_OUTBOX, OutboxTable, Row

_log = logging.getLogger(__name__)
QUEUES = (ACCOUNT.queue, PAYMENT.queue, NOTIFICATION.queue)
FEW = 2 * settings.WORKER_CONCURRENCY  # in queues that nobody would call full
OUTBOXES = {"account": ACCOUNT_OUTBOX, "payment": PAYMENT_OUTBOX}


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


@registering.sweeps(ACCOUNT)
def tick_account(min_age: float) -> int:
    return tick(ACCOUNT_OUTBOX, min_age).published


@registering.sweeps(PAYMENT)
def tick_payment(min_age: float) -> int:
    return tick(PAYMENT_OUTBOX, min_age).published


def tick(box: OutboxTable, min_age: float, *, by_hand: bool = False) -> Tally:
    """One pass: what is due, and again what nobody has marked or answered for `min_age` seconds. A person may let it
    pass while it is stopped."""
    if not by_hand and not switch.passes(box.place):
        return _rest(box)
    tally = send_again(box, min_age)
    due = publish_due(box, by_hand=by_hand)
    return Tally(tally.published + due.published, tally.again, tally.failed + due.failed)


def publish_due(box: OutboxTable, *, by_hand: bool = False) -> Tally:
    """Claim, publish, mark, until nothing is due."""
    tally = Tally()
    while rows := box.claim(by_hand=by_hand):
        _publish_all(box, rows, tally)
    return tally


def _rest(box: OutboxTable) -> Tally:
    """Stopped. Whoever waits for it hears so once, and nobody else drives him on: his message is in the outbox."""
    quiet.leave_to_us(switch.still_open(box.place))
    for row in switch.waiting(box.place):
        data = {"row": row["id"], "service": box.place.name}
        log.append(row["withdrawal"], lane="queue", kind="relay", phase="stopped", name=row["event_type"], data=data)
    return Tally()


def send_again(box: OutboxTable, min_age: float) -> Tally:
    """At least once: a relay died before it marked the row, or the queue lost the message, or the answer was lost.

    Not for a run that waits for somebody. While the queues are full an answer is late rather than lost, and sending
    again would only make them fuller: then we wait longer.
    """
    tally = Tally()
    if min_age and backlog(QUEUES) > FEW:
        min_age = max(min_age, settings.T_TERM)
    rows = box.unanswered(min_age)
    quiet.leave_to_us({row.withdrawal for row in rows})
    late = [row for row in rows if row.late]
    free = quiet.quiet([row.withdrawal for row in late], 0, step_mode=min_age) if late else set()
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
    rows = sorted(rows, key=lambda row: (AFTER_PUBLISH in str(row.headers.get("faults")), row.id))
    for number, row in enumerate(rows):
        try:
            publish(box, row)
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
