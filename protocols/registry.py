"""The six protocols, in the order in which one learns them. A new one is a folder beside them and one line here."""

from distviz.errors import NotFound
from distviz.runs import asking
from protocols.catalogue import Protocol
from protocols.dual_write import lesson as dual_write
from protocols.event_sourcing import lesson as event_sourcing
from protocols.monolith import lesson as monolith
from protocols.outbox import lesson as outbox
from protocols.saga import lesson as saga
from protocols.two_phase import protocol as two_phase

PROTOCOLS: dict[str, Protocol] = {
    lesson.PROTOCOL.key: lesson.PROTOCOL
    for lesson in (
        monolith,
        dual_write,
        two_phase,
        saga,
        event_sourcing,
        outbox,
    )
}

for _protocol in PROTOCOLS.values():
    asking.HAS_ACCOUNT[_protocol.key] = _protocol.has_account


def get(key: str) -> Protocol:
    """Raises NotFound for a key that is no protocol's."""
    if key not in PROTOCOLS:
        raise NotFound(f"No such protocol; there are {', '.join(PROTOCOLS)}.")
    return PROTOCOLS[key]
