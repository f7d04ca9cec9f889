"""What comes out of a queue and is no message of ours: put aside as a dead letter, whatever it is, so that nothing is
lost without a word. Celery by itself ends the worker over the one kind and drops the other."""

import logging
from typing import Any

import celery.signals
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from distviz.codes import Reason
from distviz.trace import envelopes, letters

_log = logging.getLogger(__name__)

# --- whatever else Celery refuses ---------------------------------------------------------------------------------


@celery.signals.task_unknown.connect
def _no_such_task(message: Any, name: str = "", **_: Any) -> None:
    put_aside(_queue(message), _text_of(message), Reason.of("garbage_task", task=name))


@celery.signals.task_rejected.connect
def _no_task(message: Any, exc: Exception | None = None, **_: Any) -> None:
    put_aside(_queue(message), _text_of(message), Reason.of("garbage_not_taken", text=exc or ""))


def _queue(message: Any) -> str:
    return str(message.delivery_info.get("routing_key", ""))


def _text_of(message: Any) -> str:
    return f"{message.headers} {message.body!r}"


# --- the dead letter ----------------------------------------------------------------------------------------------


def put_aside(queue: str, what: bytes | str, why: Reason) -> None:
    """Never fails: where the database does not answer, the worker's log has to do."""
    if _is_left_out(why):
        _log.warning("dropped: %s; once its protocol is loaded again, the sweep drives its run on", why)
        return
    text = envelopes.body_of(what) if isinstance(what, bytes) else what
    _log.error("garbage in the queue %s, put aside: %s: %.200r", queue, why, text)
    try:
        letters.bury_garbage(queue, letters.GARBAGE, text, why)
    except (DatabaseError, InterfaceError) as trouble:
        _log.error("it could not be written down: %s: %.2000r", trouble, text, extra={"repeated": True})
    finally:
        connections.close_all()  # this is a worker's parent: the children that it forks must not share a connection


def _is_left_out(why: Reason) -> bool:
    """A message of a protocol from outside that cannot be loaded now."""
    key = str(why.params.get("task", "")).partition(".")[0]
    return why.code == "garbage_task" and key in {one.key for one in settings.OUTSIDE.refused}
