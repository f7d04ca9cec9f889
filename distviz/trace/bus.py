"""`on`: who reacts to a message, as a task of Celery on the service's queue."""

from collections.abc import Callable
from typing import Any

from celery import Task, shared_task
from celery.exceptions import Ignore

from distviz.trace.chains import Passed, Watched
from distviz.trace.consume import consume
from distviz.trace.handlers import ROUTES, STARTS, Answer, Handler, Place
from distviz.trace.messages import Message

Start = Callable[[Any], object]


def on(place: Place, message: type[Message], *, retries: bool = True) -> Callable[[Callable[[Any], Answer]], Handler]:
    """React to a message at a service, on that service's queue.

    With `retries` the broker gets its answer after the work and a failure is tried again with exponential back-off.
    Without, the message is gone the moment it is taken: what a program without a protocol does.
    """

    def register(react: Callable[[Any], Answer]) -> Handler:
        handler = Handler(place, message, react, retries)

        @shared_task(
            name=handler.name,
            bind=True,
            base=Watched,
            handler=handler,
            acks_late=retries,
            reject_on_worker_lost=retries,
        )
        def task(self: "Task[Any, Any]", *args: Any, **kwargs: Any) -> Passed | None:
            links = self.request.chain or []
            passed = consume(handler, args, self.request.headers or {}, links)
            if links and passed is None:
                raise Ignore  # nothing is handed on: the chain ends here
            return Passed(*passed) if passed else None

        handler.task = task
        ROUTES.setdefault(message, []).append(handler)
        return handler

    return register


def starts(message: type[Message]) -> Callable[[Start], Start]:
    """What is called when such a message is to be sent: it starts a chain of tasks with it."""

    def register(start: Start) -> Start:
        STARTS[message] = start
        return start

    return register
