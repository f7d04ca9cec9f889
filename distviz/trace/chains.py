"""A Celery chain under the eyes of the lab. Celery hands what one task returns to the next one; where it publishes that
hand-over, the lab sees a message that can be lost, doubled, delayed or held like any other. If a task fails, Celery
calls the chain's `link_error` with the id of that task, and nothing else: what it was about is kept here until then.
"""

from dataclasses import dataclass
from typing import Any, NoReturn

from celery import Task

from distviz.trace import context, ending, points, sending
from distviz.trace.canvas import Canvas
from distviz.trace.consume import note_failure
from distviz.trace.failures import RETRYABLE
from distviz.trace.handlers import Failed, Handler
from distviz.trace.messages import Message

KEPT = 100  # more than there are tasks at once; one whose errbacks could not be called is left to the sweep
_failed: dict[str, tuple[Failed, context.Delivery]] = {}  # by the id of the task, until its errbacks are called


@dataclass(frozen=True)
class Passed:
    """What a link returns: the message for the next one, and in whose name it leaves."""

    message: Message
    delivery: context.Delivery


class LinkFailed(Exception):
    """What a failed link raises, for Celery to see."""


def fail(task_id: str, failed: Failed, delivery: context.Delivery) -> NoReturn:
    """Raises LinkFailed; Celery calls the errbacks before anything else happens to this task."""
    while len(_failed) >= KEPT:
        _failed.pop(next(iter(_failed)), None)
    _failed[task_id] = failed, delivery
    raise LinkFailed(str(failed.reason))


class Watched(Task):
    """The task of a handler. What Celery itself hands to it goes the way of every message."""

    handler: Handler

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        given = args[0] if args else None
        if isinstance(given, Message):  # the chain begins
            _hand_over(self.handler, given, Canvas.of(options))
        elif isinstance(given, Passed):
            _pass_on(self.handler, given, Canvas.of(options))
        elif isinstance(given, str):  # an errback
            if kept := _failed.pop(given, None):
                failed, delivery = kept
                told = self.handler.message.of(failed.message, reason=failed.reason)
                _pass_on(self.handler, Passed(told, delivery), Canvas.of(options))
        else:
            return super().apply_async(args, kwargs, **options)
        return None


def _hand_over(handler: Handler, message: Message, canvas: Canvas) -> None:
    points.about_to_send(type(message))
    sending.send_to(handler, message, canvas)
    points.sent(type(message))


def _pass_on(handler: Handler, passed: Passed, canvas: Canvas) -> None:
    """The link before is dealt with once this is published. If the broker does not answer, it is not tried again."""
    with context.handling(passed.delivery) as delivery:
        try:
            _hand_over(handler, passed.message, canvas)
            left = ending.conclude(delivery, None)
        except RETRYABLE as error:
            note_failure(delivery, error)
            left = ending.conclude(delivery, None)
        ending.go_on(delivery, left)
        delivery.say_rest()
