"""A Celery chain under the eyes of the lab. Celery hands what one task returns to the next one; where it publishes that
hand-over, the lab sees a message that can be lost, doubled, delayed or held like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from celery import Task

from distviz.trace import context, ending, points, sending
from distviz.trace.consume import note_failure
from distviz.trace.failures import RETRYABLE
from distviz.trace.handlers import Handler
from distviz.trace.messages import Message

Links = Sequence[Any]  # signatures, the next one last


@dataclass(frozen=True)
class Passed:
    """What a link returns: the message for the next one, and in whose name it leaves."""

    message: Message
    delivery: context.Delivery


class Watched(Task):
    """The task of a handler. What Celery itself hands to it goes the way of every message."""

    handler: Handler

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        given = args[0] if args else None
        if isinstance(given, Message):  # the chain begins
            _hand_over(self.handler, given, options.get("chain"))
        elif isinstance(given, Passed):
            _pass_on(self.handler, given, options.get("chain"))
        else:
            return super().apply_async(args, kwargs, **options)
        return None


def _hand_over(handler: Handler, message: Message, links: Links | None) -> None:
    points.about_to_send(type(message))
    sending.send_to(handler, message, links)
    points.sent(type(message))


def _pass_on(handler: Handler, passed: Passed, links: Links | None) -> None:
    """The link before is dealt with once this is published. If the broker does not answer, it is not tried again."""
    with context.handling(passed.delivery) as delivery:
        try:
            _hand_over(handler, passed.message, links)
            left = ending.conclude(delivery, None)
        except RETRYABLE as error:
            note_failure(delivery, error)
            left = ending.conclude(delivery, None)
        ending.go_on(delivery, left)
        delivery.say_rest()
