"""Reading a request's JSON without mercy and without surprises: what two parsers could read differently is refused."""

import json
import re
from typing import Any, NoReturn

from distviz.errors import Coded

DEPTH = 20
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)


class Unreadable(Coded, ValueError):
    """The body is not JSON that can be taken at its word."""


def loads(body: bytes) -> Any:
    """The value of a JSON text. Raises Unreadable, with a code for what is wrong, for anything doubtful: bytes that
    are not UTF-8, NaN and Infinity, a key given twice, half a surrogate pair, a nesting that no request needs."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("not_utf8") from None
    if _depth(text) > DEPTH:
        raise Unreadable("nested_too_deep", most=DEPTH)
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
    except Unreadable:
        raise
    except json.JSONDecodeError as error:
        raise Unreadable("not_json", text=error.msg, place=error.pos) from None
    except (ValueError, RecursionError):  # a whole number of thousands of digits
        raise Unreadable("value_invalid") from None
    return value


def shown(name: object) -> str:
    """A name out of a request, safe to put into an answer."""
    return ascii(str(name))[1:-1][:60]


def _depth(text: str) -> int:
    """How deep the brackets go that are not in a string."""
    deepest = level = 0
    for letter in _STRING.sub("", text):
        if letter in "[{":
            level += 1
            deepest = max(deepest, level)
        elif letter in "]}":
            level -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Unreadable("field_twice", name=shown(key))
        if not _encodable(key):
            raise Unreadable("name_surrogate")
        found[key] = value
    return found


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_constant(name: str) -> NoReturn:
    raise Unreadable("not_json_constant", name=name)


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Unreadable("number_cannot_be_kept", number=text[:40])
    return value
