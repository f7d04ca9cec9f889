"""Messages that come after the end of their run: its story is closed, and its end is true of the databases."""

import logging

from distviz.connections import close_unusable
from distviz.trace import context, handlers, log, registering
from distviz.trace.failures import RETRYABLE
from distviz.trace.messages import Message

_log = logging.getLogger(__name__)


def count(handler: handlers.Handler, message: Message, *, counted: bool = False) -> None:
    """A copy after the end of its run is not handled, but it is counted: by the run, and where its first copy was
    received. One that is `counted` is counted there by its handler."""
    if not log.count_late(message.tx_id) or counted:
        return
    for react in registering.LATE:
        try:
            react(handler.place, message)
        except RETRYABLE:
            _log.warning("a late copy for run %s was counted by the run alone", message.tx_id, exc_info=True)
            close_unusable()


def handle_copy(handler: handlers.Handler, message: Message, traceparent: str) -> None:
    """An operator sends a copy after the end, to test that the consumer is idempotent. It reacts as to any other
    message; the run's log is closed, so nothing is added to it, and a failure is not retried."""
    delivery = context.Delivery(
        run_id=message.tx_id,
        protocol=message.protocol,
        lane=handler.place.lane,
        who=handler.name,
        mid=message.id,
        traceparent=traceparent,
        again=True,
    )
    with context.handling(delivery):
        try:
            handler.take(message, again=True)
        except Exception:
            _log.warning("%s did not take a copy for run %s", handler.name, message.tx_id, exc_info=True)
            close_unusable()
