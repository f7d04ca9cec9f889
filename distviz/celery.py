"""The Celery app: one queue per service and one for the coordinator. Beat has one of its own."""

import gc
import os
from typing import Any

import celery.signals
from celery import Celery
from kombu.entity import Queue
from kombu.transport import TRANSPORT_ALIASES

from distviz import connections
from distviz.stack.layout import QUEUES
from distviz.trace import signing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "distviz.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # the web server checks; a worker has to be back quickly

DB_REUSE_MAX = "CELERY_DB_REUSE_MAX"  # read by Celery's Django fixup, under this very name

TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "distviz.trace.transport:Transport"
signing.switch_on()
app = Celery("distviz")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf[DB_REUSE_MAX] = connections.KEPT_FOR
app.conf.task_queues = [Queue(name) for name in QUEUES]


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


@celery.signals.worker_process_init.connect
def _sign_sessions(**_: Any) -> None:
    """PostgreSQL's list of sessions then says which process each belongs to: from a lock to the run that holds it."""
    from django.db import connections

    for entry in connections.settings.values():
        entry["OPTIONS"]["application_name"] = f"distviz {os.environ.get('DISTVIZ_ROLE', 'worker')} {os.getpid()}"
