"""What comes out of a queue and is no message of ours: put aside as a dead letter, whatever it is, so that nothing is
lost without a word. Celery by itself ends the worker over the one kind and drops the other."""

import base64
import hashlib
import json
import logging
from collections.abc import Mapping
from typing import Any

import celery.signals
from django.db import DatabaseError, InterfaceError, connections
from kombu.transport import TRANSPORT_ALIASES, redis

from distviz.trace import signing

_log = logging.getLogger(__name__)
KEPT = 4_000  # characters of it


def switch_on() -> None:
    """From now on a `redis://` broker is read by the transport below."""
    TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = f"{__name__}:Transport"


class Channel(redis.Channel):
    """Kombu's own, for which an item that is no JSON is the end of the worker."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)
        except UnicodeDecodeError as error:
            put_aside(self._queue_cycle.items[-1], error.object, "not UTF-8")
        except json.JSONDecodeError as error:
            put_aside(self._queue_cycle.items[-1], error.doc, f"not JSON: {error}")
        return True


class Transport(redis.Transport):
    Channel = Channel

    def _deliver(self, message: Any, queue: str) -> None:
        if why := unreadable(message):
            put_aside(queue, message, why)
        else:
            super()._deliver(message, queue)


def unreadable(message: Any) -> str:
    """Why kombu or Celery could not read this envelope, or "". Each of these would be an error of theirs later on."""
    if not isinstance(message, Mapping) or not isinstance(message.get("properties"), Mapping):
        return "not an envelope"
    properties, body = message["properties"], message.get("body")
    if "delivery_tag" not in properties or not isinstance(properties.get("delivery_info"), Mapping):
        return "an envelope that says nothing of its delivery"
    if not isinstance(message.get("headers"), Mapping) or not isinstance(body, str):
        return "an envelope without headers or body"
    if message.get("content-type") != signing.CONTENT_TYPE:
        return f"not {signing.CONTENT_TYPE}: it was not sent by this lab"
    try:
        signing.opened(base64.b64decode(body) if properties.get("body_encoding") == "base64" else body)
    except signing.NotSigned as error:
        return str(error)
    except ValueError as error:
        return f"a body that is no JSON: {error}"
    return ""


@celery.signals.task_unknown.connect
def _no_such_task(message: Any, name: str = "", **_: Any) -> None:
    put_aside(_queue(message), _told(message), f"there is no task {name}")


@celery.signals.task_rejected.connect
def _no_task(message: Any, exc: Exception | None = None, **_: Any) -> None:
    put_aside(_queue(message), _told(message), f"not a task: {exc}")


def _queue(message: Any) -> str:
    return str(message.delivery_info.get("routing_key", ""))


def _told(message: Any) -> str:
    return f"{message.headers} {message.body!r}"


def put_aside(queue: str, what: object, error: str) -> None:
    """Never fails: where the database does not answer, the worker's log has to do."""
    from distviz.trace.models import DeadLetter  # Celery imports this module before Django is ready

    text = what.decode("utf-8", "backslashreplace") if isinstance(what, bytes) else str(what)
    _log.error("garbage in the queue %s, put aside: %s: %.200r", queue, error, text)
    try:
        DeadLetter.objects.create(
            service=queue[:20],
            name="garbage",
            payload={"raw": text[:KEPT].encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")},
            digest=hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest(),
            error=error.replace("\x00", "")[:KEPT],
        )
    except (DatabaseError, InterfaceError) as trouble:
        _log.error("it could not be written down: %s", trouble)
    finally:
        connections.close_all()  # this is a worker's parent: the children that it forks must not share a connection
