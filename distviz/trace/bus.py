"""`send` and `on`: messages over Celery's queues. `send` is the other word that a protocol knows of the lab."""

from collections.abc import Callable
from typing import Any

from celery import Task, shared_task

from distviz.trace.consume import consume
from distviz.trace.handlers import ROUTES, Answer, Handler, Place
from distviz.trace.messages import Message


def on(place: Place, message: type[Message], *, retries: bool = True) -> Callable[[Callable[[Any], Answer]], Handler]:
    """React to a message at a service, on that service's queue.

    With `retries` the broker gets its answer after the work and a failure is tried again with exponential back-off.
    Without, the message is gone the moment it is taken: what a program without a protocol does.
    """

    def register(react: Callable[[Any], Answer]) -> Handler:
        handler = Handler(place, message, react, retries)

        @shared_task(name=handler.name, bind=True, acks_late=retries, reject_on_worker_lost=retries)
        def task(self: "Task[Any, Any]", *args: Any, **kwargs: Any) -> None:
            consume(handler, args, self.request.headers or {})

        handler.task = task
        ROUTES.setdefault(message, []).append(handler)
        return handler

    return register
