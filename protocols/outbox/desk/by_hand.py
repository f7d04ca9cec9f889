"""What a person does at an outbox: let the relay pass once, give a dead row fresh attempts, send a row once more."""

from dataclasses import asdict

from celery import shared_task
from django.conf import settings
from django.db import DatabaseError
from kombu.exceptions import KombuError

from distviz.errors import NotNow, Unavailable
from distviz.trace import context, log
from distviz.trace.models import DeadLetter
from distviz.trace.sending import send
from protocols.outbox import publish, relay, switch
from protocols.outbox.table import OutboxTable


@shared_task(name="outbox.pass", acks_late=False)
def pass_task(service: str) -> None:
    """One pass in the service's own worker, also while its relay is stopped."""
    box = relay.OUTBOXES[service]
    box.hurry()
    try:
        did = asdict(relay.tick(box, settings.SWEEP_AFTER, by_hand=True))
    except DatabaseError as error:
        did = {"error": str(error).strip()[:200]}
    switch.passed_by_hand(box.place, did)


def let_pass(box: OutboxTable) -> None:
    """Ask for a pass. Raises Unavailable if the broker does not take the wish."""
    try:
        pass_task.apply_async(args=[box.place.name], queue=box.place.queue, retry=False)
    except (KombuError, OSError) as error:
        raise Unavailable("The broker does not answer: nobody can be asked. Every row stays in its outbox.") from error


def requeue(box: OutboxTable, row: int) -> str:
    """A dead row is due again, with fresh attempts. Returns its withdrawal; raises NotNow if it is not dead."""
    found = box.revive_one(row)
    if found is None:
        raise NotNow("This row is not dead (any more). Nothing was changed.")
    letters = DeadLetter.objects.filter(service=box.place.name, payload__outbox=row, state="dead")
    letters.update(state="requeued")
    data = {"row": row, "at": f"outbox row {row}, {found['event_type']}"}
    run = str(found["withdrawal"])
    log.append(run, lane="client", kind="operator", phase="requeued", name="requeued", data=data, status="delivering")
    relay.nudge(box)
    return run


def redeliver(box: OutboxTable, number: int, attempts: int) -> str:
    """Publish a row once more that was published before: its consumers have to know it. Returns its withdrawal.

    `attempts` is how many it has had: whoever asks twice for the same gets it once, and NotNow.
    """
    row = box.again(number, attempts)
    if row is None:
        raise NotNow("This row was never sent, or has been sent again meanwhile. Nothing was sent now.")
    try:
        message = publish.read(row)
    except Exception as error:  # whatever somebody has written into it
        raise NotNow(f"The row holds no message that could be sent: {type(error).__name__}: {error}") from error
    delivery = publish.delivery_for(box, row)
    # As it is, whatever was switched on for its run; and heard by its consumers even if its run is over.
    delivery.mode, delivery.faults, delivery.on_purpose = "run", [], True
    token = context.enter(delivery)
    try:
        send(message)
    except (KombuError, OSError) as error:
        raise Unavailable("The broker does not answer. The row was not sent again.") from error
    finally:
        context.leave(token)
    return row.withdrawal
