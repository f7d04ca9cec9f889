"""The inbox: receive a message in the same local transaction as its effect, and it takes effect once."""

from collections.abc import Callable

from distviz.services.places import ACCOUNT, PAYMENT, Place
from distviz.trace import context, guards, handlers
from distviz.trace.messages import Message
from distviz.trace.registering import comes_late

GUARD = "inbox"
REMEMBER = """
INSERT INTO inbox (consumer, message_id, withdrawal_id, received_at, duplicates)
VALUES (%(consumer)s, %(message)s, %(withdrawal)s, now(), 0)
ON CONFLICT (consumer, message_id) DO UPDATE SET duplicates = inbox.duplicates + 1
RETURNING duplicates
"""
_COUNT = """
UPDATE inbox SET duplicates = duplicates + 1 WHERE consumer = %(consumer)s AND message_id = %(message)s
"""

_SHOWS: list[tuple[Place, Callable[[Message], None]]] = []


def shows(place: Place, committed: Callable[[Message], None]) -> None:
    """Register what shows the rows of a copy's work: the process that did it may have died before recording them."""
    _SHOWS.append((place, committed))


def first_time(place: Place, message: Message) -> bool:
    """Whether this message is new here. A duplicate must have no effect; what follows from it is still sent, for
    the copy before it may have died before it could send. Without this guard a copy is counted, and takes effect."""
    consumer = _consumer(place, message)
    rows = place.run(REMEMBER, consumer=consumer, message=message.id, withdrawal=message.tx_id)
    copies = int(rows[0]["duplicates"])
    if copies:
        note_duplicate(type(message).__name__, copies)
        for committed in [show for known, show in _SHOWS if known is place]:
            committed(message)
    return copies == 0 or guards.off(GUARD)


@comes_late
def count_late(place: handlers.Place, message: Message) -> None:
    """A copy after the end of its run is a duplicate like any other, if this inbox knows the message."""
    for home in (ACCOUNT, PAYMENT):
        if place is home:
            home.ask(_COUNT, {"consumer": _consumer(home, message), "message": message.id})


def _consumer(place: Place, message: Message) -> str:
    return f"{message.protocol}.{place.name}"


def note_duplicate(name: str, copies: int) -> None:
    """Show that a copy came and was ignored."""
    delivery = context.current()
    if delivery is None:
        return
    delivery.tell("message", "ignored", name, mid=delivery.mid, copies=copies)
