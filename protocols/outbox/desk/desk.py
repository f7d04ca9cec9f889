"""The operator's desk of the outbox: each action is idempotent and answers in one sentence."""

from collections.abc import Mapping

from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from distviz.codes import Reason
from distviz.errors import BadRequest
from distviz.services.places import Place
from protocols.catalogue import Desk
from protocols.outbox.desk import by_hand, overview, switch
from protocols.outbox.recovery.ticks import HOMES, nudge


def warning() -> str | None:
    """Why nothing is published, while a relay is stopped."""
    try:
        stopped = [name for name, place in HOMES.items() if switch.now(place).stopped]
    except DatabaseError:
        return None
    if not stopped:
        return None
    said = _(
        "The outbox relay of %(who)s is stopped: committed messages wait in the outbox, and runs stay in “Delivering”."
    )
    return said % {"who": " + ".join(stopped)}


def publish(form: Mapping[str, str]) -> Reason:
    for place in _places(form):
        by_hand.let_pass(place)
    return Reason("outbox_pass_requested")


def stop(form: Mapping[str, str]) -> Reason:
    """Nothing is lost by it: what is committed waits."""
    if not [place for place in _places(form) if switch.turn(place, stopped=True)]:
        return Reason("outbox_stopped_already")
    return Reason("outbox_stopped")


def start(form: Mapping[str, str]) -> Reason:
    started = [place for place in _places(form) if switch.turn(place, stopped=False)]
    if not started:
        return Reason("outbox_running_already")
    for place in started:
        nudge(place)
    return Reason("outbox_started")


def requeue(form: Mapping[str, str]) -> Reason:
    place, number = _row(form)
    by_hand.requeue(place, number)
    return Reason.of("outbox_row_due_again", row=form["row"])


def redeliver(form: Mapping[str, str]) -> Reason:
    place, number = _row(form)
    attempts = form.get("attempts", "")
    if not (attempts.isascii() and attempts.isdecimal() and len(attempts) < 7):
        raise BadRequest("attempts", "outbox_how_many_attempts")
    by_hand.redeliver(place, number, int(attempts))
    return Reason.of("outbox_row_sent_again", row=form["row"])


def _places(form: Mapping[str, str]) -> list[Place]:
    """Of one service, or of both if none is named."""
    service = form.get("service", "")
    if service and service not in HOMES:
        raise BadRequest("service", "outbox_which_service", services=" and ".join(HOMES))
    return [HOMES[service]] if service else list(HOMES.values())


def _row(form: Mapping[str, str]) -> tuple[Place, int]:
    service, _dash, number = form.get("row", "").partition("-")
    if service not in HOMES or not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise BadRequest("row", "outbox_which_row")
    return HOMES[service], int(number)


DESK = Desk(
    page="outbox",
    title=gettext_lazy("Outbox relay"),
    read=overview.read,
    actions={"publish": publish, "stop": stop, "start": start, "requeue": requeue, "redeliver": redeliver},
    warning=warning,
    order=10,
)
