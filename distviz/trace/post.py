"""Messages as Celery would have written them, character by character: Celery writes the first one for a handler, and
the others are that one with their own body and ids in it. Many of them leave in one go."""

import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson
import redis.exceptions
from celery import current_app
from kombu.exceptions import OperationalError
from kombu.messaging import Producer
from kombu.utils.json import dumps

from distviz.trace import signing
from distviz.trace.handlers import Handler
from distviz.trace.queues import queue_for

AS_OURS: dict[str, Any] = {  # how each of our messages is published
    "declare": (),  # a list comes into being with its first message; Celery would look each time
    "argsrepr": "",  # for the log of Celery, which has our own lines
    "kwargsrepr": "",
}
_TRACEPARENT = "a traceparent"  # in the message that is a form for others
_forms: dict[tuple[int, str, str], "Form"] = {}  # of this process, which each message names, by handler and queue


class _Writer(Producer):
    """Keeps what it is to publish, as the transport would put it: which queue's key, and the text."""

    def _publish(
        self,
        body: Any,
        priority: Any,
        content_type: Any,
        content_encoding: Any,
        headers: Any,
        properties: Any,
        routing_key: Any,
        mandatory: Any,
        immediate: Any,
        exchange: Any,
        *_more: Any,
    ) -> None:
        message = self.channel.prepare_message(body, priority, content_type, content_encoding, headers, properties)
        self.channel.basic_publish(message, exchange=exchange, routing_key=routing_key, _publish_batch=self)

    def add(self, _command: str, key: str, text: str) -> None:
        """What the transport calls."""
        self.key, self.text = key, text


@dataclass(frozen=True)
class Form:
    """A message with room for what is another one's: its body, its traceparent, its ids."""

    key: str
    text: str
    body: str
    tail: bytes  # of the body, after the arguments
    id: str
    tag: str

    @classmethod
    def of(cls, handler: Handler, queue: str, channel: Any) -> "Form":
        writer = _Writer(channel)
        options = {**AS_OURS, "headers": {"traceparent": _TRACEPARENT}, "producer": writer, "retry": False}
        handler.task.apply_async(args=[], queue=queue, **options)
        envelope = orjson.loads(writer.text)
        envelope["headers"] |= {"root_id": envelope["headers"]["id"], "parent_id": None}  # not what is done right now
        _args, *rest = signing.opened(b64decode(envelope["body"]))
        tail = b"".join(b"," + orjson.dumps(part) for part in rest) + b"]"
        ids = envelope["headers"]["id"], envelope["properties"]["delivery_tag"]
        return cls(writer.key, dumps(envelope), envelope["body"], tail, *ids)

    def filled(self, args: Sequence[object], traceparent: str) -> str:
        body = signing.signed_now(b"[" + orjson.dumps(args) + self.tail)
        text = self.text.replace(self.id, str(uuid4())).replace(self.tag, str(uuid4()))
        text = text.replace(f'"{_TRACEPARENT}"', orjson.dumps(traceparent).decode())
        return text.replace(self.body, b64encode(body).decode())


class Post:
    """What is to leave in one command for each queue, by one channel of the broker."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._queues: dict[str, list[str]] = {}

    def add(self, handler: Handler, args: Sequence[Any], traceparent: str) -> None:
        """`args` are the message and the note beside it."""
        queue = queue_for(handler.place.queue, args[1])
        form = _forms.get((os.getpid(), handler.name, queue))
        if form is None:
            form = _forms[os.getpid(), handler.name, queue] = Form.of(handler, queue, self._channel)
        self._queues.setdefault(form.key, []).append(form.filled(args, traceparent))

    def leave(self) -> None:
        """Each queue gets its messages in the order in which they were added. If that fails, nobody knows which of them
        have left."""
        if not self._queues:
            return
        try:
            with self._channel.conn_or_acquire() as client:
                if len(self._queues) == 1:
                    [(key, texts)] = self._queues.items()
                    client.lpush(key, *texts)
                    return
                with client.pipeline(transaction=False) as commands:
                    for key, texts in self._queues.items():
                        commands.lpush(key, *texts)
                    commands.execute()
        except redis.exceptions.RedisError as error:
            raise OperationalError(str(error)) from error


def alone(handler: Handler, args: Sequence[Any], traceparent: str) -> bool:
    """One message, by a connection that is there. False if that does not work: Celery looks for the broker then, and a
    copy does no harm. Raises kombu.exceptions.OperationalError if the broker does not answer in time."""
    try:
        with current_app.producer_pool.acquire(block=True) as producer:
            post = Post(producer.channel)
            post.add(handler, args, traceparent)
            post.leave()
        return True
    except (OSError, redis.exceptions.ConnectionError):
        return False
    except OperationalError as error:
        if isinstance(error.__cause__, redis.exceptions.TimeoutError):
            raise
        return False
