"""What an operator does at an outbox: let the relay pass once, give a dead row fresh attempts, send a row once more."""

from celery import shared_task
from django.conf import settings
from django.db import DatabaseError
from kombu.exceptions import KombuError

from distviz.errors import NotNow, Unavailable
from distviz.services.places import Place
from distviz.trace import context
from distviz.trace.models import DeadLetter
from distviz.trace.sending import send
from protocols.outbox import points
from protocols.outbox.desk import switch
from protocols.outbox.outbox import ClaimedRow
from protocols.outbox.recovery import ticks

MAKE_DUE = "UPDATE outbox SET due_at = now() WHERE status = 'pending' AND due_at > now()"
REQUEUE_ROW = """
UPDATE outbox SET status = 'pending', attempts = 0, due_at = now(), headers = headers || '{"revived": true}'::jsonb
WHERE id = %(id)s AND status = 'dead' RETURNING withdrawal_id::text AS withdrawal, event_type
"""
# Once more than the caller has seen, however often the request is repeated. Its state stays.
AGAIN = """
UPDATE outbox SET attempts = attempts + 1
WHERE id = %(id)s AND status IN ('sent', 'acknowledged') AND attempts = %(attempts)s
RETURNING id, event_type, payload::text AS payload, headers::text AS headers, withdrawal_id::text AS withdrawal,
    attempts, published
"""


@shared_task(name="outbox.pass", acks_late=False)
def pass_task(service: str) -> None:
    """One pass in the service's own worker, also while its relay is stopped."""
    place = ticks.HOMES[service]
    try:
        did: dict[str, object] = {**pass_now(place, settings.SWEEP_AFTER)}
    except DatabaseError as error:
        did = {"error": str(error).strip()[:200]}
    switch.passed_by_hand(place, did)


def pass_now(place: Place, min_age: float, *, by_hand: bool = True) -> dict[str, int]:
    """Without waiting for the end of a back-off. By hand it goes past the switch."""
    place.ask(MAKE_DUE)
    return ticks.tick(place, min_age, by_hand=by_hand)


def let_pass(place: Place) -> None:
    """Ask for a pass. Raises Unavailable if the broker does not take the wish."""
    try:
        pass_task.apply_async(args=[place.name], queue=place.queue, retry=False)
    except (KombuError, OSError) as error:
        raise Unavailable("outbox_nobody_to_ask") from error


def requeue(place: Place, row: int) -> str:
    """A dead row is due again, with fresh attempts. Returns its withdrawal; raises NotNow if it is not dead."""
    found = place.ask(REQUEUE_ROW, {"id": row})
    if not found:
        raise NotNow("outbox_row_not_dead")
    letters = DeadLetter.objects.filter(service=place.name, payload__outbox=row, state="dead")
    letters.update(state="requeued")
    run = str(found[0]["withdrawal"])
    at = f"outbox row {row}, {found[0]['event_type']}"
    context.Delivery(run, lane="client").tell("operator", "requeued", status="delivering", row=row, at=at)
    ticks.nudge(place)
    return run


def redeliver(place: Place, number: int, attempts: int) -> str:
    """Publish a row once more that was published before: its consumers have to recognise the copy. Returns its
    withdrawal.

    `attempts` is how many it has had: a repeated request publishes once and raises NotNow.
    """
    found = place.ask(AGAIN, {"id": number, "attempts": attempts})
    if not found:
        raise NotNow("outbox_row_not_sent")
    row = ClaimedRow(place, **found[0])
    try:
        message = points.message_of(row)
    except Exception as error:  # its payload may have been changed to anything
        raise NotNow("outbox_row_no_message", type=type(error).__name__, text=str(error)) from error
    delivery = points.delivery_for(row)
    # As it is, whatever was switched on for its run; and heard by its consumers even if its run is over.
    delivery.mode, delivery.faults, delivery.on_purpose = "run", [], True
    with context.handling(delivery):
        try:
            send(message)
        except (KombuError, OSError) as error:
            raise Unavailable("outbox_row_not_sent_again") from error
    return row.withdrawal
