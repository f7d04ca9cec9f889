"""The operator's desk of the outbox: what he may do there, each thing idempotent and told in one sentence."""

from collections.abc import Mapping

from django.db import DatabaseError
from django.utils.translation import gettext as _

from distviz.errors import BadRequest
from protocols.catalogue import Desk
from protocols.outbox import relay, switch
from protocols.outbox.desk import by_hand, overview
from protocols.outbox.relay import OUTBOXES
from protocols.outbox.table import OutboxTable


def warning() -> str | None:
    """For whoever wonders why nothing is published."""
    try:
        stopped = [name for name, box in OUTBOXES.items() if switch.now(box.place).stopped]
    except DatabaseError:
        return None
    if not stopped:
        return None
    said = _(
        "The outbox relay of %(who)s is stopped: committed messages wait in the outbox, and runs stay in “Delivering”."
    )
    return said % {"who": " + ".join(stopped)}


def publish(form: Mapping[str, str]) -> str:
    for box in _boxes(form):
        by_hand.let_pass(box)
    return _("One pass requested. Its result appears beside the relay in a moment.")


def stop(form: Mapping[str, str]) -> str:
    """Nothing is lost by it: what is committed waits."""
    if not [box for box in _boxes(form) if switch.turn(box.place, stopped=True)]:
        return _("It was stopped already.")
    return _("Stopped. Messages committed from now on wait in the outbox; money in flight stays in flight.")


def start(form: Mapping[str, str]) -> str:
    started = [box for box in _boxes(form) if switch.turn(box.place, stopped=False)]
    if not started:
        return _("It is running already.")
    for box in started:
        relay.nudge(box)
    return _("Started. Waiting messages are published now, oldest first.")


def requeue(form: Mapping[str, str]) -> str:
    box, number = _row(form)
    by_hand.requeue(box, number)
    return _("Row %(row)s is due again with new attempts.") % {"row": form["row"]}


def redeliver(form: Mapping[str, str]) -> str:
    box, number = _row(form)
    attempts = form.get("attempts", "")
    if not (attempts.isascii() and attempts.isdecimal() and len(attempts) < 7):
        raise BadRequest("attempts", "Say how many attempts the row has had, as the page does.")
    by_hand.redeliver(box, number, int(attempts))
    said = _("Row %(row)s was sent again. Its consumers recognise it: they count a duplicate, and no money moves.")
    return said % {"row": form["row"]}


def _boxes(form: Mapping[str, str]) -> list[OutboxTable]:
    """Of one service, or of both if none is named."""
    service = form.get("service", "")
    if service and service not in OUTBOXES:
        raise BadRequest("service", f"There is an outbox at {' and '.join(OUTBOXES)}.")
    return [OUTBOXES[service]] if service else list(OUTBOXES.values())


def _row(form: Mapping[str, str]) -> tuple[OutboxTable, int]:
    service, _dash, number = form.get("row", "").partition("-")
    if service not in OUTBOXES or not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise BadRequest("row", "Name a row as the page does: account-12.")
    return OUTBOXES[service], int(number)


DESK = Desk(
    page="outbox",
    look=overview.look,
    actions={"publish": publish, "stop": stop, "start": start, "requeue": requeue, "redeliver": redeliver},
    warning=warning,
)
