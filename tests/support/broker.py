"""Writing to the broker as somebody else would: as Celery writes it, signed with the lab's key or without it."""

import base64
import json
import uuid
from collections.abc import Mapping
from typing import Any

import redis

from distviz.trace.messages import Message
from distviz.trace.signing import CONTENT_TYPE, key_of, signed
from tests.support.stack import Stack


class Broker:
    """The queues of a stack, reached with what its topology says."""

    def __init__(self, stack: Stack) -> None:
        found = stack.topology()["broker"]
        self.client: redis.Redis = redis.Redis.from_url(found["url"])
        self.prefix = found["keyprefix"]
        self.key = key_of(json.loads((stack.home / "secrets.json").read_text())["django"])

    def put(self, queue: str, what: str | bytes) -> None:
        self.client.lpush(f"{self.prefix}{queue}", what)

    def put_task(self, queue: str, name: str, args: list[Any], *, key: bytes | None = None) -> None:
        """A task with these arguments, signed with the lab's key or with another one."""
        body = signed(json.dumps([args, {}, EMBED]), self.key if key is None else key)
        self.put(queue, envelope(queue, name, body, CONTENT_TYPE))

    def put_plain(self, queue: str, name: str, args: list[Any]) -> None:
        """The same as JSON, which Celery signs by no means."""
        self.put(queue, envelope(queue, name, json.dumps([args, {}, EMBED]), "application/json"))


EMBED: Mapping[str, Any] = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
NOTE: Mapping[str, Any] = {
    "mode": "run",
    "traceparent": f"00-{'1' * 32}-{'2' * 16}-01",
    "cause": None,
    "faults": [],
    "on_purpose": True,
}


def as_sent(message: Message) -> list[Any]:
    """The arguments of a handler's task: the message, and a note that says an operator sends it."""
    return [message.to_wire(), dict(NOTE)]


def envelope(queue: str, name: str, body: str, content_type: str) -> str:
    """As kombu writes it."""
    number = str(uuid.uuid4())
    headers = {"lang": "py", "task": name, "id": number, "root_id": number, "retries": 0, "argsrepr": "…"}
    properties = {
        "correlation_id": number,
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": queue},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": str(uuid.uuid4()),
    }
    task = {"body": base64.b64encode(body.encode()).decode(), "headers": headers, "properties": properties}
    return json.dumps({**task, "content-encoding": "utf-8", "content-type": content_type})
