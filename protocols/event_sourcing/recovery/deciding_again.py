"""Optimistic concurrency: a command that finds a newer version in the store decides again at once, on the newer state.
So does one that is refused because the balance does not cover it: its state was folded from a wrong snapshot. The
platform's back-off comes after that."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import IntegrityError

from distviz.trace import reasons
from distviz.trace.handlers import Answer, Handler
from protocols.event_sourcing import snapshots
from protocols.event_sourcing.account import PREFIX, complete, record_payment, refund, withdraw

TRIES = 10
T = TypeVar("T")


def at_once(name: str, act: Callable[[], T]) -> T:
    """On the account of that name."""
    for _ in range(TRIES - 1):
        try:
            return act()
        except IntegrityError as error:
            code = reasons.of(error).code
            if code == snapshots.BELOW_ZERO:
                snapshots.discard(PREFIX + name)
            elif code != "version_conflict":
                raise
    return act()


def _attach(handler: Handler) -> None:
    @handler.instead
    def again(message: Any) -> Answer:
        return at_once(message.user_id, lambda: handler.react(message))


for _handler in (withdraw, record_payment, refund, complete):
    _attach(_handler)
