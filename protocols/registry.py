"""The protocols, in the order in which settings.py installs them. Each registers itself (see plugin.py)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.conf import settings

from distviz.errors import BadRequest, NotFound
from distviz.story.shapes import add_lanes
from distviz.trace.known import KNOWN, KnownProtocol
from protocols.promises import PromiseRow, rows

if TYPE_CHECKING:
    from protocols.catalogue import Protocol

PROTOCOLS: dict[str, Protocol] = {}


def register(protocol: Protocol) -> None:
    """Its number is its place among those that were registered before."""
    PROTOCOLS[protocol.key] = replace(protocol, number=len(PROTOCOLS) + 1)
    add_lanes(protocol.own_lanes)
    KNOWN[protocol.key] = KnownProtocol(
        protocol.books.has, protocol.may_lose, protocol.doubts is not None, protocol.short, protocol.by_guard
    )


def named(key: str) -> list[Protocol]:
    """The protocols that a filter names: all of them if it names none. Raises BadRequest for a key that is none's."""
    if key and key not in PROTOCOLS:
        raise BadRequest("protocol", "one_of", known=", ".join(PROTOCOLS))
    return [PROTOCOLS[key]] if key else list(PROTOCOLS.values())


def promises() -> tuple[PromiseRow, ...]:
    """The table of what each of them promises under each failure."""
    return rows({key: protocol.cells for key, protocol in PROTOCOLS.items()})


def get(key: str) -> Protocol:
    """Raises NotFound for a key that is no protocol's, or that of one which is left out."""
    if any(one.key == key for one in settings.OUTSIDE.refused):
        raise NotFound("protocol_left_out", key=key)
    if key not in PROTOCOLS:
        raise NotFound("no_such_protocol", known=", ".join(PROTOCOLS))
    return PROTOCOLS[key]
