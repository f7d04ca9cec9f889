"""`on`: who reacts to a message, as a task of Celery on the service's queue."""

from collections.abc import Callable
from typing import Any

from celery import Task, shared_task
from celery.exceptions import Ignore

from distviz.trace import faults
from distviz.trace.canvas import Canvas
from distviz.trace.chains import LinkFailed, Passed, Watched, fail
from distviz.trace.consume import consume
from distviz.trace.handlers import ROUTES, STARTS, Answer, Failed, Handler, Place
from distviz.trace.messages import Message

Start = Callable[[Any], object]


def on(place: Place, *messages: type[Message], retries: bool = True) -> Callable[[Callable[[Any], Answer]], Handler]:
    """React to a message at a service, on that service's queue; or in the same way to several of them, each of which is
    a message of its own. Reactions of several services are written one above the other. What hangs on the handler
    that it returns hangs on all of them.

    With `retries` the broker gets its answer after the work and a failure is tried again with exponential back-off.
    Without, the message is gone the moment it is taken: what a program without a protocol does.
    """

    def register(react: Callable[[Any], Answer]) -> Handler:
        family = react.family if isinstance(react, Handler) else []
        function = react.react if isinstance(react, Handler) else react
        for message in messages:
            alone = f"{message.protocol}.{place.name}.{message.__name__}.{function.__name__}"
            name = alone if len(messages) > 1 else ""
            _registered(Handler(place, message, function, retries, name, family=family))
        return family[-1]

    return register


def _registered(handler: Handler) -> None:
    retries = handler.retries

    @shared_task(
        name=handler.name,
        bind=True,
        base=Watched,
        handler=handler,
        acks_late=retries,
        reject_on_worker_lost=retries,
        throws=(LinkFailed,),
    )
    def task(self: "Task[Any, Any]", *args: Any, **kwargs: Any) -> Passed | None:
        canvas = Canvas.of({"chain": self.request.chain, "link_error": self.request.errbacks})
        handed = consume(handler, args, self.request.headers or {}, canvas)
        if handed is None:
            if canvas.links:
                raise Ignore  # nothing is handed on: the chain ends here
            return None
        given, delivery = handed
        if isinstance(given, Failed):
            fail(self.request.id, given, delivery)
        return Passed(given, delivery)

    handler.task = task
    ROUTES.setdefault(handler.message, []).append(handler)
    faults.know_message(handler.message.__name__)


def starts(message: type[Message]) -> Callable[[Start], Start]:
    """What is called when such a message is to be sent: it starts a chain of tasks with it."""

    def register(start: Start) -> Start:
        STARTS[message] = start
        faults.know_message(message.__name__)
        return start

    return register
