"""What the platform has to know of a protocol by its key, as told when it registers (protocols/registry.py)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from distviz.trace import unguarded


@dataclass(frozen=True)
class KnownProtocol:
    """`may_lose`: nothing records what is owed or done, so a gap is a loss and a copy of a message a second payment.
    `ends_itself`: what nobody drives on is ended by the protocol's own recovery. `name` is for people,
    translated when it is shown."""

    has_account: Callable[[str], bool]
    may_lose: bool = False
    ends_itself: bool = False
    name: Any = ""
    guards: Mapping[str, Any] = field(default_factory=dict)  # by their keys: see guards.py


KNOWN: dict[str, KnownProtocol] = {}


def may_lose(protocol: str, account: str = "") -> bool:
    """A protocol that is not installed is trusted: what it has taken may still be on its way. Without its guards, on an
    account of its own, none is."""
    return unguarded.is_own(account) or (protocol in KNOWN and KNOWN[protocol].may_lose)


def name(protocol: str) -> str:
    """As pages call it; one that is not installed keeps its key."""
    return str(KNOWN[protocol].name or protocol) if protocol in KNOWN else protocol
