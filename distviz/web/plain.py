"""One net before every view: what no database can keep is refused, with the name of its field."""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from distviz.codes import Reason
from distviz.trace.envelopes import keepable
from distviz.web.strict import shown

PATH = "path"


@dataclass(frozen=True)
class InvalidRequest:
    """Why a request is not looked at. `field` is "" where it is the request as a whole."""

    status: int
    field: str
    reason: Reason


def invalid(request: HttpRequest) -> InvalidRequest | None:
    """What is wrong with the parts that every request has: charset, address, cookies, query."""
    if not _utf8(request.content_params or {}):
        return InvalidRequest(415, "Content-Type", Reason("send_utf8"))
    if not keepable(request.path_info):
        return InvalidRequest(404, PATH, Reason("no_such_address"))
    try:
        query = _pairs(request.GET)
    except SuspiciousOperation:
        return InvalidRequest(400, "query", _too_many())
    return _first(request.COOKIES.items()) or _first(query)


def invalid_form(request: HttpRequest) -> InvalidRequest | None:
    """What is wrong with a posted form. It is parsed here, once for all who read it."""
    try:
        form = _pairs(request.POST)
        files = [(name, getattr(file, "name", None) or "") for name, file in request.FILES.items()]
    except RequestDataTooBig:
        return InvalidRequest(
            413, "body", Reason.of("body_too_large", kib=settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024)
        )
    except SuspiciousOperation:
        return InvalidRequest(400, "body", _too_many())
    except (BadRequest, MultiPartParserError, UnreadablePostError):
        return InvalidRequest(400, "body", Reason("form_unreadable"))
    return _first(form) or _first(files)


def invalid_json(value: Any) -> InvalidRequest | None:
    """The first text in it that cannot be kept, by its way: `faults[0].at`."""
    found = next((way for way, text in _texts(value, "") if not keepable(text)), None)
    return None if found is None else InvalidRequest(422, found or "body", Reason("bad_character"))


def _utf8(params: dict[str, str]) -> bool:
    try:
        return codecs.lookup(params.get("charset", "utf-8")).name == "utf-8"
    except (LookupError, ValueError):
        return False


def _too_many() -> Reason:
    return Reason.of("too_many_fields", most=settings.DATA_UPLOAD_MAX_NUMBER_FIELDS)


def _pairs(form: QueryDict) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, values in form.lists() for value in values]


def _first(pairs: Iterable[tuple[str, str]]) -> InvalidRequest | None:
    for name, value in pairs:
        if not (keepable(name) and keepable(value)):
            return InvalidRequest(400, shown(name), Reason("bad_character"))
    return None


def _texts(value: Any, way: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield way, value
    elif isinstance(value, dict):
        for name, inside in value.items():
            here = f"{way}.{shown(name)}".lstrip(".")
            yield here, name
            yield from _texts(inside, here)
    elif isinstance(value, list):
        for place, inside in enumerate(value):
            yield from _texts(inside, f"{way}[{place}]")
