"""Whatever may be found in a queue, or in anything else that is read by a program: nothing here is a message."""

import base64
import json
import pickle
import uuid
import zlib
from collections.abc import Callable
from typing import Any

from distviz.trace.handlers import ROUTES

DEEP, HALF = ("[" * depth + "]" * depth for depth in (5000, 600))


def a_task_of(queue: str) -> str:
    return next(one.name for handlers in ROUTES.values() for one in handlers if one.place.queue == queue)


def envelope(queue: str, content: Any = b"[[{}, {}], {}, {}]", **changes: Any) -> dict[str, Any]:
    """As Celery and kombu write it. `changes` by path: `headers__task="x"`; None takes the field out."""
    number = str(uuid.uuid4())
    body = base64.b64encode(content).decode()
    headers = {"lang": "py", "task": a_task_of(queue), "id": number, "shadow": None, "eta": None, "expires": None}
    headers |= {"group": None, "group_index": None, "retries": 0, "timelimit": [None, None], "root_id": number}
    headers |= {"parent_id": None, "argsrepr": "…", "kwargsrepr": "{}", "origin": "test", "ignore_result": True}
    headers |= {"replaced_task_nesting": 0, "stamped_headers": None, "stamps": {}}
    properties = {"correlation_id": number, "reply_to": number, "delivery_mode": 2, "priority": 0}
    properties |= {"delivery_info": {"exchange": "", "routing_key": queue}, "body_encoding": "base64"}
    properties |= {"delivery_tag": str(uuid.uuid4())}
    made = {"body": body, "headers": headers, "properties": properties}
    made |= {"content-encoding": "utf-8", "content-type": "application/json"}
    for path, value in changes.items():
        *folders, name = path.replace("_", "-", path.startswith("content")).split("__")
        inner: Any = made
        for folder in folders:
            inner = inner[folder]
        inner[name] = value
        if value is None:
            del inner[name]
    return made


def args(value: Any, embed: Any = None) -> bytes:
    return json.dumps([value, {}, embed or {}]).encode()


# Each makes an item for a queue.
GARBAGE: dict[str, Callable[[str], bytes | str | dict[str, Any]]] = {
    "nothing": lambda queue: b"",
    "binary": lambda queue: b"\x00\xff\xfe\x80",
    "utf-16": lambda queue: json.dumps(envelope(queue)).encode("utf-16"),
    "brackets": lambda queue: DEEP,
    "fewer brackets": lambda queue: HALF,
    "half a surrogate": lambda queue: r'{"a": "\ud800"}',
    "no number": lambda queue: "NaN",
    "a long number": lambda queue: "9" * 5000,
    "a list": lambda queue: "[]",
    "null": lambda queue: "null",
    "huge": lambda queue: "x" * 20_000_000,
    "a huge body": lambda queue: envelope(queue, args(["x" * 3_000_000, {}])),
    "brackets in the body": lambda queue: envelope(queue, DEEP.encode()),
    "fewer brackets in the body": lambda queue: envelope(queue, b"[[%s, {}], {}, {}]" % HALF.encode()),
    "brackets in a header": lambda queue: envelope(queue, headers__x=json.loads(HALF)),
    "no headers": lambda queue: envelope(queue, headers=[]),
    "no properties": lambda queue: envelope(queue, properties=None),
    "no body": lambda queue: envelope(queue, body=None),
    "no task": lambda queue: envelope(queue, headers={}),
    "a task that is a list": lambda queue: envelope(queue, headers__task=["a"]),
    "a task that is none": lambda queue: envelope(queue, headers__task="os.system"),
    "a task of Celery": lambda queue: envelope(queue, args(["a", [1]]), headers__task="celery.map"),
    "a task of another queue": lambda queue: envelope(
        queue, headers__task=a_task_of("account" if queue != "account" else "payment")
    ),
    "no id": lambda queue: envelope(queue, headers__id=None),
    "an id that is a list": lambda queue: envelope(queue, headers__id=[1]),
    "no time": lambda queue: envelope(queue, headers__eta="banana"),
    "a time of no zone": lambda queue: envelope(queue, headers__eta="2020-01-01T00:00:00"),
    "in a hundred years": lambda queue: envelope(queue, headers__eta="2126-12-31T23:59:59+00:00"),
    "expires never": lambda queue: envelope(queue, headers__expires={}),
    "a limit of three": lambda queue: envelope(queue, headers__timelimit=[1, 2, 3]),
    "a limit of words": lambda queue: envelope(queue, headers__timelimit="x"),
    "retries of words": lambda queue: envelope(queue, headers__retries="x"),
    "a bomb": lambda queue: envelope(
        queue, zlib.compress(bytes(50_000_000)), headers__compression="application/x-gzip"
    ),
    "an unknown compression": lambda queue: envelope(queue, headers__compression="banana"),
    "stamps": lambda queue: envelope(queue, headers__stamps=7, headers__stamped_headers="x"),
    "pickle": lambda queue: envelope(
        queue, pickle.dumps(([], {}, {})), **{"content_type": "application/x-python-serialize"}
    ),
    "an unknown encoding": lambda queue: envelope(queue, content_encoding="banana"),
    "an unknown encoding of the body": lambda queue: envelope(queue, properties__body_encoding="banana"),
    "a tag that is a list": lambda queue: envelope(queue, properties__delivery_tag=[1]),
    "no tag": lambda queue: envelope(queue, properties__delivery_tag=None),
    "a priority of words": lambda queue: envelope(queue, properties__priority="high"),
    "no way": lambda queue: envelope(queue, properties__delivery_info={}),
    "to all queues": lambda queue: envelope(
        queue, properties__delivery_info={"exchange": "coordinator", "routing_key": "coordinator"}
    ),
    "a body that is an object": lambda queue: envelope(queue, b"{}"),
    "a body of two": lambda queue: envelope(queue, b"[[], {}]"),
    "an empty body": lambda queue: envelope(queue, b""),
    "arguments that are a text": lambda queue: envelope(queue, args("abc")),
    "named arguments": lambda queue: envelope(queue, b'[[], {"a": 1}, {}]'),
    "a chain of words": lambda queue: envelope(queue, args([], {"chain": "banana"})),
    "a chain to nowhere": lambda queue: envelope(queue, args([], {"chain": [{"task": "os.system"}]})),
    "callbacks": lambda queue: envelope(queue, args([], {"callbacks": [{"task": "x"}]})),
    "an object of kombu's": lambda queue: envelope(queue, args([{"__type__": "datetime", "__value__": "x"}, {}])),
    "the old protocol": lambda queue: envelope(
        queue, json.dumps({"task": a_task_of(queue), "id": "x", "args": [], "kwargs": {}}).encode(), headers={}
    ),
    "a sweep of three": lambda queue: envelope(queue, args([1, 2, 3]), headers__task="distviz.sweep"),
    "a sweep of nothing": lambda queue: envelope(queue, args(["banana"]), headers__task="distviz.sweep"),
}


def items(queue: str) -> dict[str, bytes]:
    """All of it, as it is put into that queue."""
    return {name: as_bytes(make(queue)) for name, make in GARBAGE.items()}


def as_bytes(item: bytes | str | dict[str, Any]) -> bytes:
    if isinstance(item, dict):
        item = json.dumps(item)
    return item if isinstance(item, bytes) else item.encode()
