"""How the API answers: orjson outwards, and every error as JSON that says what to do."""

import logging
from typing import Any

import orjson
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from kombu.exceptions import KombuError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pymongo.errors import PyMongoError

from distviz.errors import DistvizError, FieldError, TooMany
from distviz.web.strict import shown

_log = logging.getLogger(__name__)
_WORDS = {
    "missing": "This field is required.",
    "string_type": "Give a string.",
    "int_parsing": "Give a whole number.",
    "int_type": "Give a whole number.",
    "int_parsing_size": "This number is too large.",
    "extra_forbidden": "There is no such field here; leave it out.",
    "model_type": "Send a JSON object.",
    "model_attributes_type": "Send a JSON object.",
    "dict_type": "Send a JSON object.",
    "string_unicode": "This text has half a surrogate pair in it.",
}


def encode(data: Any) -> bytes:
    """orjson knows dates and UUIDs; anything else (a translated text) is what it says it is."""
    return orjson.dumps(data, default=str, option=orjson.OPT_UTC_Z)


class Renderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return encode(data)


class BodyParser(Parser):
    """The guard has read the body already."""

    def parse_body(self, request: HttpRequest) -> Any:
        return request.json  # type: ignore[attr-defined]


def reply(status: int, data: Any) -> HttpResponse:
    return HttpResponse(encode(data), status=status, content_type="application/json")


def refuse(status: int, message: str) -> HttpResponse:
    return reply(status, {"detail": message})


def refuse_fields(*items: tuple[str, str]) -> HttpResponse:
    return reply(422, {"detail": [{"field": field, "message": message} for field, message in items]})


def install(api: NinjaAPI) -> None:
    """Every kind of failure gets its answer; none of them shows how the program looks inside."""
    api.add_exception_handler(DistvizError, _ours)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, lambda request, error: refuse(error.status_code, str(error)))  # type: ignore
    api.add_exception_handler(Http404, lambda request, error: refuse(404, "There is nothing at this address."))
    for kind in (OperationalError, InterfaceError, KombuError, PyMongoError):
        api.add_exception_handler(kind, _unavailable)
    api.add_exception_handler(DataError, _impossible)
    api.add_exception_handler(Exception, _broken)


def _ours(request: HttpRequest, error: Any) -> HttpResponse:
    if isinstance(error, FieldError):
        return refuse_fields((error.field, error.message))
    answer = refuse(error.status, error.message)
    if isinstance(error, TooMany):
        answer["Retry-After"] = str(error.retry_after)
    return answer


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    return refuse_fields(*(_problem(problem) for problem in error.errors[:20]))


def _problem(problem: dict[str, Any]) -> tuple[str, str]:
    """("amount", "…what to do") from pydantic's notation, ("body", "payload", "amount")."""
    context = problem.get("ctx", {})
    path = problem["loc"][2:] if problem["loc"][0] == "body" else problem["loc"][1:]
    field = context.get("field") or ".".join(shown(part) for part in path) or "body"
    message = _WORDS.get(problem["type"], str(problem["msg"]))
    if field == "body" and problem["type"] == "missing":
        message = "Send a JSON object."
    return field, message


def _unavailable(request: HttpRequest, error: Any) -> HttpResponse:
    _log.warning("%s %s: %s: %s", request.method, request.path, type(error).__name__, error)
    answer = refuse(503, "A server that this needs does not answer. Try again in a moment; /readyz says which one.")
    answer["Retry-After"] = "2"
    return answer


def _impossible(request: HttpRequest, error: Any) -> HttpResponse:
    """A value that got past every check but that PostgreSQL cannot keep."""
    _log.warning("%s %s: %s", request.method, request.path, error)
    return refuse(422, "One of the values cannot be stored. Nothing was done.")


def _broken(request: HttpRequest, error: Any) -> HttpResponse:
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    return refuse(500, "This is a mistake in distviz. No money moved by this request; the server's log has it.")
