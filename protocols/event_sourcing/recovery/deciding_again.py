"""Optimistic concurrency: a command that finds a newer version in the store decides again at once, on the newer
state. The platform's back-off comes after that."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import IntegrityError

from distviz.trace import reasons
from distviz.trace.handlers import Answer, Handler
from protocols.event_sourcing.account import complete, record_payment, refund, withdraw

TRIES = 10
T = TypeVar("T")


def at_once(act: Callable[[], T]) -> T:
    for _ in range(TRIES - 1):
        try:
            return act()
        except IntegrityError as error:
            if reasons.of(error).code != "version_conflict":
                raise
    return act()


def _hang_on(handler: Handler) -> None:
    @handler.instead
    def again(message: Any) -> Answer:
        return at_once(lambda: handler.react(message))


for _handler in (withdraw, record_payment, refund, complete):
    _hang_on(_handler)
