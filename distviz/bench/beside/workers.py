"""Celery workers that are held against the lab's own: what they are told is the same."""

from collections.abc import Iterable
from typing import Any

from celery import Celery
from kombu.entity import Queue

from distviz.stack import broker

FLAGS = ("-P", "prefork", "--without-gossip", "--without-mingle", "--without-heartbeat")


def app(name: str, url: str, prefix: str, queues: Iterable[str], **more: Any) -> Celery:
    """Its keys in the broker begin with `prefix`. Nothing of Django's is loaded, whatever the environment says."""
    made = Celery(name, fixups=[])
    made.conf.update(
        broker_url=url,
        broker_transport_options=broker.transport(60, prefix),
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_ignore_result=True,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        task_queues=[Queue(queue) for queue in queues],
        broker_connection_retry_on_startup=True,
        **more,
    )
    return made


def command(module: str, queue: str, children: int, node: str, level: str) -> list[str]:
    """What follows the interpreter."""
    words = ["-m", "celery", "-q", "-A", module, "worker", "-c", str(children), "-Q", queue, "-n", f"{queue}@{node}"]
    return [*words, "-l", level, *FLAGS]
