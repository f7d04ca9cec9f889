"""The floor: a withdrawal's own statements without the lab around them, as `bench --floor` measures them beside it.

Each protocol registers its hops from its `floor.py`. A hop is what one message leads to: the statements of its page and
of the services' operations, in the order of a run without failures, made of the same SQL. The lab's own (run log,
faults, tracing, live) are not among them. A bank runs them by plain psycopg.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from distviz.services.places import Place
from protocols.messages import Message

Rows = list[dict[str, Any]]


class Bank(Protocol):
    """The databases that a hop works in."""

    def run(self, place: Place, sql: str, **params: Any) -> Rows: ...

    def atomic(self, place: Place) -> AbstractContextManager[None]: ...

    def email(self, message: Message, kind: str) -> None:
        """The Notification Service's document."""


Work = Callable[[Bank, Any], None]


@dataclass(frozen=True)
class Hop:
    queue: str
    work: Work


@dataclass(frozen=True)
class Floor:
    """`request` is the message that starts a withdrawal; every hop is called with it. `chained`: no hop depends on an
    answer, so it can be a bare chain of tasks, and is what other libraries are compared with."""

    request: type[Message]
    hops: tuple[Hop, ...]
    chained: bool = False


FLOORS: dict[str, Floor] = {}


def floor(request: type[Message], *hops: tuple[Place, Work], chained: bool = False) -> None:
    """Register the hops of a protocol, each with the place whose queue it comes from."""
    FLOORS[request.protocol] = Floor(request, tuple(Hop(place.queue, work) for place, work in hops), chained)


def chained() -> str:
    """The protocol that is one."""
    return next(key for key, one in FLOORS.items() if one.chained)


# --- how many a second: what a protocol's machinery does by itself, in databases of its own -------------------------

Rate = Callable[[float], float]
RATES: dict[str, Rate] = {}


def rate(name: str) -> Callable[[Rate], Rate]:
    """Register what does one thing for about that many seconds, and returns how many of them it did a second."""

    def register(measure: Rate) -> Rate:
        RATES[name] = measure
        return measure

    return register
