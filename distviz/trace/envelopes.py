"""What may stand in a queue: exactly what Celery writes for our own tasks. Everything else is refused before Celery
reads it, because what Celery and kombu cannot read ends the worker, is delivered again without end, or is dropped."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import orjson

from distviz.errors import Coded
from distviz.trace import queues, signing

LARGEST = 256 * 1024  # bytes; the largest of ours, a chain with its links, has some 5 KB
DEEPEST = 32  # levels of brackets; the deepest of ours, a chain with its links, has some 10
LATEST = timedelta(hours=1)  # what is to be done later than that would be delivered again until then
NAMES = 200  # characters of an id
_ODD = (b"\\u", b"__type__")  # what may be no text, and what kombu makes objects of: looked at value by value
_NESTED = {"timelimit", "stamps", "stamped_headers"}  # the headers that are more than one value


class Garbage(Coded):
    """No message of ours. The code says why."""


def read(item: bytes, queue: str, tasks: Mapping[str, Any]) -> dict[str, Any]:
    """The envelope of a message in this queue. Raises Garbage for all that none of these tasks could be called with."""
    envelope = _parse(item)
    if not isinstance(envelope, dict):
        raise Garbage("garbage_no_envelope")
    if envelope.get("content-type") != signing.CONTENT_TYPE:
        raise Garbage("garbage_not_signed")
    for path, fits in _FIELDS.items():
        if not fits(_at(envelope, path)):
            raise Garbage("garbage_field", field=path)
    if _at(envelope, "properties.delivery_info.routing_key") != queue:
        raise Garbage("garbage_field", field="properties.delivery_info.routing_key")
    _check_call(tasks, envelope["headers"]["task"], queue, *_body(envelope["body"]))
    return envelope


def body_of(item: bytes) -> str:
    """The same for people: as far as it can be read, with its body decoded. Never fails."""
    try:
        envelope = _parse(item)
        return json.dumps({**envelope, "body": base64.b64decode(envelope["body"]).decode()}, ensure_ascii=False)
    except (Garbage, TypeError, KeyError, ValueError):
        return item[: 4 * NAMES * NAMES].decode("utf-8", "backslashreplace")


def keepable(text: str) -> bool:
    """PostgreSQL keeps no NUL, and half a surrogate pair is no UTF-8."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False


def _parse(item: bytes) -> Any:
    if len(item) > LARGEST:
        raise Garbage("garbage_too_large", kib=LARGEST // 1024)
    if item.count(b"{") + item.count(b"[") <= DEEPEST and not any(odd in item for odd in _ODD):
        with suppress(orjson.JSONDecodeError):  # what is wrong with it is said below
            return orjson.loads(item)
    try:
        value = json.loads(item.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise Garbage("garbage_not_utf8") from None
    except RecursionError:
        raise Garbage("garbage_too_deep", most=DEEPEST) from None
    except ValueError as error:
        raise Garbage("garbage_not_json", text=error) from None
    _check_values(value)
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _check_values(value: object) -> None:
    """Level by level, not by recursion."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise Garbage("garbage_too_deep", most=DEEPEST)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, str) and not keepable(value):
        raise Garbage("garbage_not_keepable")
    if isinstance(value, dict):
        if "__type__" in value:  # kombu would make an object of it
            raise Garbage("garbage_field", field="__type__")
        return [*value, *value.values()]
    return value if isinstance(value, list) else ()


def _body(text: str) -> tuple[Any, Any, Any]:
    try:
        body = _parse(signing.checked(base64.b64decode(text, validate=True)))
    except signing.NotSigned:
        raise Garbage("garbage_not_signed") from None
    except ValueError:
        raise Garbage("garbage_field", field="body") from None
    if not isinstance(body, list) or len(body) != 3:
        raise Garbage("garbage_field", field="body")
    return body[0], body[1], body[2]


def _check_call(tasks: Mapping[str, Any], name: str, queue: str, args: Any, kwargs: Any, embed: Any) -> None:
    """A handler takes what `consume` reads, other tasks the name of their queue. Celery's own are none of ours. Nothing
    that would kill or stop it goes to a worker with threads."""
    task = None if name.startswith("celery.") else tasks.get(name)
    if task is None:
        raise Garbage("garbage_task", task=name[:NAMES])
    handler = getattr(task, "handler", None)
    if not queues.takes(queue, handler.place.queue if handler else None, args):
        raise Garbage("garbage_other_queue", task=name[:NAMES], queue=queue)
    if not isinstance(args, list) or (handler is None and args != [queue]):
        raise Garbage("garbage_field", field="args")
    if kwargs != {}:
        raise Garbage("garbage_field", field="kwargs")
    if not isinstance(embed, dict) or any(value for key, value in embed.items() if key not in ("chain", "errbacks")):
        raise Garbage("garbage_field", field="embed")
    for name in ("chain", "errbacks"):
        links = embed.get(name) or []
        if not isinstance(links, list) or not all(_is_link(link, tasks) for link in links):
            raise Garbage("garbage_field", field=name)


def _is_link(link: object, tasks: Mapping[str, Any]) -> bool:
    """A signature of a handler, as `Handler.s` writes it."""
    if not isinstance(link, dict) or not isinstance(link.get("task"), str):
        return False
    options = link.get("options")
    if link.get("args") not in ([], ()) or link.get("kwargs") != {} or not isinstance(options, dict):
        return False
    errbacks = options.get("link_error") or []
    if not isinstance(errbacks, list) or not all(_is_link(errback, tasks) for errback in errbacks):
        return False
    return getattr(tasks.get(link["task"]), "handler", None) is not None


def _at(envelope: Any, path: str) -> Any:
    """What stands there; None for nothing."""
    for name in path.split("."):
        envelope = envelope.get(name) if isinstance(envelope, dict) else None
    return envelope


def _name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= NAMES


def _number(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10_000)


def _time(value: object) -> bool:
    """None, or a time with its zone, and not too late."""
    if value is None:
        return True
    try:
        return isinstance(value, str) and datetime.fromisoformat(value) - datetime.now(UTC) < LATEST
    except (ValueError, TypeError, OverflowError):
        return False


def _headers(value: object) -> bool:
    return isinstance(value, dict) and not any(
        isinstance(inner, list | dict) for name, inner in value.items() if name not in _NESTED
    )


_FIELDS: dict[str, Callable[[Any], bool]] = {
    "content-encoding": lambda value: value == "utf-8",
    "body": lambda value: isinstance(value, str),
    "properties.delivery_tag": _name,
    "properties.delivery_info.exchange": lambda value: value == "",
    "properties.body_encoding": lambda value: value == "base64",
    "properties.priority": lambda value: _number(value) and (value or 0) < 10,
    "headers": _headers,
    "headers.id": _name,
    "headers.task": _name,
    "headers.retries": _number,
    "headers.eta": _time,
    "headers.expires": _time,
    "headers.timelimit": lambda value: value in (None, [None, None]),
    "headers.stamps": lambda value: not value,
    "headers.stamped_headers": lambda value: not value,
    "headers.compression": lambda value: value is None,
}
