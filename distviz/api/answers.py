"""How the API answers: orjson outwards, and every error as JSON that says what to do, with the code to decide by."""

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

from distviz.codes import Reason
from distviz.errors import DistvizError, FieldError, NotLoggedIn
from distviz.postgres.base import Busy
from distviz.story.words.sentences import english
from distviz.trace import reasons
from distviz.web.basic import CHALLENGE
from distviz.web.intime import unanswered
from distviz.web.later import say_when
from distviz.web.strict import shown

DOWN = (OperationalError, InterfaceError, KombuError, PyMongoError)  # a server does not answer
_log = logging.getLogger(__name__)
_CODES = {
    "missing": "field_missing",
    "string_type": "field_string",
    "int_parsing": "field_whole_number",
    "int_type": "field_whole_number",
    "int_parsing_size": "field_number_too_large",
    "extra_forbidden": "field_unknown",
    "model_type": "field_object",
    "model_attributes_type": "field_object",
    "dict_type": "field_object",
    "string_unicode": "field_surrogate",
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


def refuse(status: int, reason: Reason) -> HttpResponse:
    """`error` is what the code and its parameters say, in English; `detail` says it once more, as it always has."""
    sentence = english(reason)
    return reply(status, {"error": sentence, **reason.as_json(), "detail": sentence})


def refuse_fields(*wrong: tuple[str, Reason]) -> HttpResponse:
    """The first field that is wrong, and in `detail` all of them."""
    field, first = wrong[0]
    detail = [{"field": field, "message": english(reason), **reason.as_json()} for field, reason in wrong]
    return reply(422, {"error": english(first), "field": field, **first.as_json(), "detail": detail})


def install(api: NinjaAPI) -> None:
    """Every kind of failure gets its answer; none of them shows how the program looks inside."""
    api.add_exception_handler(DistvizError, ours)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(Http404, lambda request, error: refuse(404, Reason("no_such_address")))
    for kind in DOWN:
        api.add_exception_handler(kind, unavailable)
    api.add_exception_handler(DataError, _impossible)
    api.add_exception_handler(Exception, _broken)


def _http(request: HttpRequest, error: Any) -> HttpResponse:
    return refuse(error.status_code, Reason.prose(str(error)))


def ours(request: HttpRequest, error: Any) -> HttpResponse:
    if isinstance(error, FieldError):
        return refuse_fields((error.field, error.reason))
    answer = refuse(error.status, error.reason)
    if isinstance(error, NotLoggedIn):
        answer["WWW-Authenticate"] = CHALLENGE
    return say_when(answer, error)


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    return refuse_fields(*(_problem(problem) for problem in error.errors[:20]))


def _problem(problem: dict[str, Any]) -> tuple[str, Reason]:
    """("amount", what is wrong) from pydantic's notation, ("body", "payload", "amount")."""
    context = problem.get("ctx", {})
    path = problem["loc"][2:] if problem["loc"][0] == "body" else problem["loc"][1:]
    field = context.get("field") or ".".join(shown(part) for part in path) or "body"
    if problem["type"] == "coded":
        return field, Reason(context["code"], context["params"])
    if field == "body" and problem["type"] == "missing":
        return field, Reason("field_object")
    code = _CODES.get(problem["type"])
    return field, Reason(code) if code else Reason.of("field_invalid", text=problem["msg"])


def unavailable(request: HttpRequest, error: Any) -> HttpResponse:
    _log.warning("%s %s: %s: %s", request.method, request.path, type(error).__name__, error)
    if isinstance(error.__cause__, Busy):
        reason = Reason("server_busy")
    else:
        reason = Reason("rows_in_use" if reasons.locked(error) else "server_silent")
    sentence = english(reason)
    silent = unanswered() if reason.code == "server_silent" else []
    body = {"error": sentence, **reason.as_json(), "detail": sentence, "unanswered": silent}
    answer = reply(503, body)
    answer["Retry-After"] = "2"
    return answer


def _impossible(request: HttpRequest, error: Any) -> HttpResponse:
    """A value that got past every check but that PostgreSQL cannot keep."""
    _log.warning("%s %s: %s", request.method, request.path, error)
    return refuse(422, Reason("value_cannot_be_stored"))


def _broken(request: HttpRequest, error: Any) -> HttpResponse:
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    return refuse(500, Reason("our_mistake"))
