"""Whatever may be found in a queue, or in anything else that is read by a program: nothing here is a message."""

import base64
import hmac
import json
import pickle
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from distviz.trace.handlers import ROUTES
from distviz.trace.signing import CONTENT_TYPE

DEEP, HALF = ("[" * depth + "]" * depth for depth in (5000, 600))


def a_task_of(queue: str) -> str:
    own = queue.removesuffix(".plain")
    return next(one.name for handlers in ROUTES.values() for one in handlers if one.place.queue == own)


@dataclass(frozen=True)
class Maker:
    """For a queue of a lab that has this key."""

    queue: str
    key: bytes

    def envelope(self, content: bytes = b"[[{}, {}], {}, {}]", **changes: Any) -> dict[str, Any]:
        """As Celery and kombu write it. `changes` by path: `headers__task="x"`; None takes the field out."""
        number = str(uuid.uuid4())
        body = hmac.digest(self.key, content, "sha256").hex().encode() + content
        headers = {"lang": "py", "task": a_task_of(self.queue), "id": number, "shadow": None, "eta": None}
        headers |= {"expires": None, "group": None, "group_index": None, "retries": 0, "timelimit": [None, None]}
        headers |= {"root_id": number, "parent_id": None, "argsrepr": "…", "kwargsrepr": "{}", "origin": "test"}
        headers |= {"ignore_result": True, "replaced_task_nesting": 0, "stamped_headers": None, "stamps": {}}
        properties = {"correlation_id": number, "reply_to": number, "delivery_mode": 2, "priority": 0}
        properties |= {"delivery_info": {"exchange": "", "routing_key": self.queue}, "body_encoding": "base64"}
        properties |= {"delivery_tag": str(uuid.uuid4())}
        made = {"body": base64.b64encode(body).decode(), "headers": headers, "properties": properties}
        made |= {"content-encoding": "utf-8", "content-type": CONTENT_TYPE}
        for path, value in changes.items():
            _set(made, path.replace("content_", "content-").split("__"), value)
        return made


def _set(made: dict[str, Any], path: list[str], value: Any) -> None:
    for folder in path[:-1]:
        made = made[folder]
    made[path[-1]] = value
    if value is None:
        del made[path[-1]]


def args(value: Any, embed: Any = None) -> bytes:
    return json.dumps([value, {}, embed or {}]).encode()


# Each makes an item.
GARBAGE: dict[str, Callable[[Maker], bytes | str | dict[str, Any]]] = {
    "nothing": lambda at: b"",
    "binary": lambda at: b"\x00\xff\xfe\x80",
    "utf-16": lambda at: json.dumps(at.envelope()).encode("utf-16"),
    "brackets": lambda at: DEEP,
    "fewer brackets": lambda at: HALF,
    "half a surrogate": lambda at: r'{"a": "\ud800"}',
    "no number": lambda at: "NaN",
    "a long number": lambda at: "9" * 5000,
    "a list": lambda at: "[]",
    "null": lambda at: "null",
    "huge": lambda at: "x" * 20_000_000,
    "a huge body": lambda at: at.envelope(args(["x" * 3_000_000, {}])),
    "brackets in the body": lambda at: at.envelope(DEEP.encode()),
    "fewer brackets in the body": lambda at: at.envelope(b"[[%s, {}], {}, {}]" % HALF.encode()),
    "brackets in a header": lambda at: at.envelope(headers__x=json.loads(HALF)),
    "no headers": lambda at: at.envelope(headers=[]),
    "no properties": lambda at: at.envelope(properties=None),
    "no body": lambda at: at.envelope(body=None),
    "no task": lambda at: at.envelope(headers={}),
    "a task that is a list": lambda at: at.envelope(headers__task=["a"]),
    "a task that is none": lambda at: at.envelope(headers__task="os.system"),
    "a task of Celery": lambda at: at.envelope(args(["a", [1]]), headers__task="celery.map"),
    "a task of another queue": lambda at: at.envelope(
        headers__task=a_task_of("account" if at.queue != "account" else "payment")
    ),
    "no id": lambda at: at.envelope(headers__id=None),
    "an id that is a list": lambda at: at.envelope(headers__id=[1]),
    "no time": lambda at: at.envelope(headers__eta="banana"),
    "a time of no zone": lambda at: at.envelope(headers__eta="2020-01-01T00:00:00"),
    "in a hundred years": lambda at: at.envelope(headers__eta="2126-12-31T23:59:59+00:00"),
    "expires never": lambda at: at.envelope(headers__expires={}),
    "a limit of three": lambda at: at.envelope(headers__timelimit=[1, 2, 3]),
    "a limit of words": lambda at: at.envelope(headers__timelimit="x"),
    "retries of words": lambda at: at.envelope(headers__retries="x"),
    "a bomb": lambda at: at.envelope(zlib.compress(bytes(50_000_000)), headers__compression="application/x-gzip"),
    "an unknown compression": lambda at: at.envelope(headers__compression="banana"),
    "stamps": lambda at: at.envelope(headers__stamps=7, headers__stamped_headers="x"),
    "not signed": lambda at: Maker(at.queue, b"another key").envelope(),
    "plain JSON": lambda at: at.envelope(content_type="application/json"),
    "pickle": lambda at: at.envelope(pickle.dumps(([], {}, {})), **{"content_type": "application/x-python-serialize"}),
    "an unknown encoding": lambda at: at.envelope(content_encoding="banana"),
    "an unknown encoding of the body": lambda at: at.envelope(properties__body_encoding="banana"),
    "a tag that is a list": lambda at: at.envelope(properties__delivery_tag=[1]),
    "no tag": lambda at: at.envelope(properties__delivery_tag=None),
    "a priority of words": lambda at: at.envelope(properties__priority="high"),
    "no way": lambda at: at.envelope(properties__delivery_info={}),
    "to all queues": lambda at: at.envelope(
        properties__delivery_info={"exchange": "coordinator", "routing_key": "coordinator"}
    ),
    "a body that is an object": lambda at: at.envelope(b"{}"),
    "a body of two": lambda at: at.envelope(b"[[], {}]"),
    "an empty body": lambda at: at.envelope(b""),
    "arguments that are a text": lambda at: at.envelope(args("abc")),
    "named arguments": lambda at: at.envelope(b'[[], {"a": 1}, {}]'),
    "a chain of words": lambda at: at.envelope(args([], {"chain": "banana"})),
    "a chain to nowhere": lambda at: at.envelope(args([], {"chain": [{"task": "os.system"}]})),
    "callbacks": lambda at: at.envelope(args([], {"callbacks": [{"task": "x"}]})),
    "an object of kombu's": lambda at: at.envelope(args([{"__type__": "datetime", "__value__": "x"}, {}])),
    "the old protocol": lambda at: at.envelope(
        json.dumps({"task": a_task_of(at.queue), "id": "x", "args": [], "kwargs": {}}).encode(), headers={}
    ),
    "a sweep of three": lambda at: at.envelope(args([1, 2, 3]), headers__task="distviz.sweep"),
    "a sweep of nothing": lambda at: at.envelope(args(["banana"]), headers__task="distviz.sweep"),
}


def items(queue: str, key: bytes) -> dict[str, bytes]:
    """All of it, as it is put into that queue."""
    return {name: as_bytes(make(Maker(queue, key))) for name, make in GARBAGE.items()}


def as_bytes(item: bytes | str | dict[str, Any]) -> bytes:
    if isinstance(item, dict):
        item = json.dumps(item)
    return item if isinstance(item, bytes) else item.encode()
