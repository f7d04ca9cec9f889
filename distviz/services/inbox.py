"""The inbox: receive a message in the same local transaction as its effect, and it takes effect once."""

from collections.abc import Callable

from distviz.services.places import Place
from distviz.trace import context
from distviz.trace.messages import Message

_REMEMBER = """
INSERT INTO inbox (consumer, message_id, withdrawal_id, received_at, duplicates)
VALUES (%(consumer)s, %(message)s, %(withdrawal)s, now(), 0)
ON CONFLICT (consumer, message_id) DO UPDATE SET duplicates = inbox.duplicates + 1
RETURNING duplicates
"""


_SHOWS: list[tuple[Place, Callable[[Message], None]]] = []


def shows(place: Place, committed: Callable[[Message], None]) -> None:
    """Register who shows the rows of a copy's work: whoever did that work may have died before it could say so."""
    _SHOWS.append((place, committed))


def first_time(place: Place, message: Message) -> bool:
    """Whether this message is new here. A duplicate must have no effect; what follows from it is still sent, for
    the copy before it may have died before it could send."""
    consumer = f"{message.protocol}.{place.name}"
    rows = place.run(_REMEMBER, consumer=consumer, message=message.id, withdrawal=message.tx_id)
    copies = int(rows[0]["duplicates"])
    if copies:
        note_duplicate(type(message).__name__, copies)
        for committed in [show for known, show in _SHOWS if known is place]:
            committed(message)
    return copies == 0


def note_duplicate(name: str, copies: int) -> None:
    """Show that a copy came and was ignored."""
    delivery = context.current()
    if delivery is None:
        return
    delivery.tell("message", "ignored", name, mid=delivery.mid, copies=copies)
