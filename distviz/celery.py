"""The Celery app: two queues per service and two for the coordinator. Beat has an app of its own."""

import gc
import os
from signal import SIGKILL
from typing import Any

import celery.signals
from celery import Celery
from kombu.entity import Queue
from kombu.transport import TRANSPORT_ALIASES

from distviz import connections
from distviz.stack.layout import PLAIN, QUEUES
from distviz.stack.process import tie
from distviz.trace import signing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "distviz.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # the web server checks; a worker has to be back quickly

DB_REUSE_MAX = "CELERY_DB_REUSE_MAX"  # read by Celery's Django fixup, under this very name

TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "distviz.trace.transport:Transport"
_parent = 0  # of the processes of a worker
signing.switch_on()
app = Celery("distviz")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf[DB_REUSE_MAX] = connections.KEPT_FOR
app.conf.task_queues = [Queue(name) for name in (*QUEUES, *PLAIN.values())]


@celery.signals.worker_init.connect
def _listen(**_: Any) -> None:
    from distviz.trace import garbage, pulse  # noqa: F401 - they listen


@celery.signals.task_prerun.connect
def _close_broken_connections(**_: Any) -> None:
    connections.close_broken()


@celery.signals.worker_ready.connect
def _notice_dead_children(sender: Any, **_: Any) -> None:
    """Check twice a second for dead children; Celery itself checks every 5 s, and a killed child's message waits that
    long."""
    if getattr(sender, "hub", None):
        sender.hub.call_repeatedly(0.5, sender.pool.maintain_pool)
        if autoscaler := sender.controller.autoscaler:
            sender.hub.call_repeatedly(0.5, autoscaler.maybe_scale)  # there may be a retry whose time has come


@celery.signals.celeryd_after_setup.connect
def _share_what_is_loaded(**_: Any) -> None:
    """The children are forked from here. What the collector never looks at again stays shared with them."""
    gc.collect()
    gc.freeze()


@celery.signals.celeryd_after_setup.connect
def _read_both_queues(sender: str, instance: Any, **_: Any) -> None:
    """A worker that Celery's own command starts does all of its services' work in processes. Those that distviz.worker
    starts share it: each reads one queue."""
    if instance.options.get("reads") is None:
        queues = instance.app.amqp.queues
        for name in list(queues.consume_from):
            if name in PLAIN:
                queues.select_add(PLAIN[name])


@celery.signals.worker_process_init.connect
def _end_with_the_worker(**_: Any) -> None:
    """Nobody would hear what a process does whose parent is gone."""
    tie(SIGKILL, _parent)


@celery.signals.worker_init.connect
def _note_parent(**_: Any) -> None:
    global _parent
    _parent = os.getpid()
