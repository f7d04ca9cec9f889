"""Heartbeats of those who do the work. A thread beside it would beat for ever, whatever the work does.

A worker's parent hands a pulse to its processes or threads as it hands them tasks, from the same loop; one of them that
is free writes the heartbeat, of each queue that the worker reads. If none is, none is written. Nor is one if the parent
has nothing in hand and yet asks for nothing.
"""

import os
import time
from collections.abc import Sequence
from typing import Any

import celery.signals
from celery.beat import PersistentScheduler
from celery.worker import state

from distviz.trace.live import heartbeat

EVERY_S = 2.0
LOST_S = 10.0  # its process was killed


class Pulse:
    """One at a time: processes that stand still are not sent ever more of them."""

    def __init__(self, consumer: Any, names: Sequence[str]) -> None:
        self._consumer, self._names = consumer, tuple(names)
        self._since = float("-inf")

    def give(self) -> None:
        autoscaler = self._consumer.controller.autoscaler
        if autoscaler and self._since > float("-inf"):  # nobody has been free since
            autoscaler.one_more()
        if time.monotonic() - self._since > LOST_S and _takes_messages(self._consumer):
            self._since = time.monotonic()
            self._consumer.pool.apply_async(heartbeat, self._names, callback=self._back, error_callback=self._back)

    def _back(self, _answer: object) -> None:
        self._since = float("-inf")


def _takes_messages(consumer: Any) -> bool:
    if state.reserved_requests:
        return True
    queues = consumer.task_consumer  # none while it looks for the broker
    return queues is not None and queues.channel is not None and bool(queues.channel.qos.can_consume())


@celery.signals.worker_ready.connect
def _worker_beats(sender: Any, **_: Any) -> None:
    if os.environ.get("DISTVIZ_ROLE") and getattr(sender, "hub", None):
        pulse = Pulse(sender, [f"worker:{queue}" for queue in sender.app.amqp.queues.consume_from])
        pulse.give()
        sender.hub.call_repeatedly(EVERY_S, pulse.give)


class Scheduler(PersistentScheduler):
    """Beat's: it has just looked for what is due."""

    _said = float("-inf")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        pause: float = super().tick(*args, **kwargs)
        role = os.environ.get("DISTVIZ_ROLE", "")
        if role and time.monotonic() - self._said > EVERY_S:
            heartbeat(role)
            self._said = time.monotonic()
        return pause
