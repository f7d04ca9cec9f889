"""What becomes of a parked message in step mode, where the operator acts as the network. Each verb takes a message
once; a second request changes nothing and says what became of the message."""

import uuid
from collections.abc import Iterable, Sequence

from django.db import transaction
from kombu.exceptions import KombuError

from distviz.errors import NotFound, NotNow, Unavailable
from distviz.runs import lookup
from distviz.trace import context, ending, registering, sending
from distviz.trace.models import Parked, Run

_BECAME = {"delivered": "message_was_delivered", "dropped": "message_was_dropped"}


def deliver(run_id: str | uuid.UUID, mid: str | uuid.UUID) -> Run:
    """The network delivers the parked message."""
    _deliver(_parked(run_id, mid), copies=1)
    return lookup.get(run_id)


def duplicate(run_id: str | uuid.UUID, mid: str | uuid.UUID) -> Run:
    """The network delivers the parked message twice."""
    _deliver(_parked(run_id, mid), copies=2)
    return lookup.get(run_id)


def drop(run_id: str | uuid.UUID, mid: str | uuid.UUID) -> Run:
    """The network loses the parked message."""
    parked = _parked(run_id, mid)
    network = context.Delivery(str(parked.run_id), lane=parked.lane)
    with transaction.atomic(using="default"):  # as in `sending.deliver`
        network.tell("message", "dropped", parked.name, to=parked.to, opens=-1, mid=str(parked.pk), by="operator")
        if not Parked.objects.filter(pk=parked.pk, state="parked").update(state="dropped"):
            raise _too_late(parked)
    run = lookup.get(run_id)
    if run.open == 0 and run.protocol in registering.SETTLERS:
        ending.settle(str(run.pk))
    return lookup.get(run_id)


def reorder(run_id: str | uuid.UUID, mid: str | uuid.UUID) -> Run:
    """Everything else that is parked goes first, and this message after it."""
    late = _parked(run_id, mid)
    others = [parked for parked in waiting(run_id) if parked.pk != late.pk]
    if late.state != "parked":
        raise _too_late(late)
    if not others:
        raise NotNow("nothing_to_overtake", name=late.name)
    _deliver_each([*others, late])
    return lookup.get(run_id)


def deliver_all(run_id: str | uuid.UUID, order: Sequence[str | uuid.UUID] = (), *, backwards: bool = False) -> Run:
    """All parked messages go into their queues one after the other: those that `order` names, then the others as they
    were parked (or the newest first)."""
    first = [_parked(run_id, mid) for mid in order]
    named = {parked.pk for parked in first}
    others = [parked for parked in waiting(run_id) if parked.pk not in named]
    if not _deliver_each([*first, *(reversed(others) if backwards else others)]):
        raise NotNow("nothing_parked")
    return lookup.get(run_id)


def waiting(run_id: str | uuid.UUID) -> list[Parked]:
    """What is parked now, in the order in which it was sent."""
    return list(Parked.objects.filter(run_id=lookup.get(run_id).pk, state="parked").order_by("at"))


def _deliver_each(messages: Iterable[Parked]) -> int:
    """Returns how many were still there to be delivered."""
    return sum(_into_its_queue(parked, copies=1) for parked in messages)


def _deliver(parked: Parked, *, copies: int) -> None:
    if not _into_its_queue(parked, copies=copies):
        raise _too_late(parked)


def _into_its_queue(parked: Parked, *, copies: int) -> bool:
    try:
        return sending.deliver(parked, by="operator", copies=copies)
    except (KombuError, OSError) as error:
        raise Unavailable("still_parked", name=parked.name) from error


def _parked(run_id: str | uuid.UUID, mid: str | uuid.UUID) -> Parked:
    try:
        return Parked.objects.get(run_id=lookup.get(run_id).pk, pk=uuid.UUID(str(mid)))
    except (ValueError, Parked.DoesNotExist):
        raise NotFound("no_such_message") from None


def _too_late(parked: Parked) -> NotNow:
    parked.refresh_from_db(fields=["state"])
    return NotNow(_BECAME.get(parked.state, "message_is_taken"), name=parked.name)
