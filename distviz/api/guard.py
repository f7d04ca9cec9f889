"""What every call passes before it is handled: from where it comes, how big it is, and that it is JSON.

There is no CSRF token: the cookie of who has logged in is not sent along from other sites (SameSite), a page of
another site can only post forms, nothing except JSON is read, and a foreign Origin is turned away.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from distviz.api.answers import DOWN, ours, refuse, refuse_fields, unavailable
from distviz.codes import Reason
from distviz.errors import DistvizError
from distviz.imports import reading
from distviz.web import basic, costs, permits, plain, strict
from distviz.web.origin import same_origin

BODY_LIMIT = 64 * 1024
LIMITS = {"/api/imports": reading.LIMIT}  # a whole run in one body
View = Callable[..., HttpResponse]


def guarded(view: View) -> View:
    """The decorator of every operation of the API."""

    @wraps(view)
    def checked(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        wrong = plain.invalid(request)
        if wrong:
            return _invalid(wrong)
        refused = None if request.method in permits.READING else _refusal(request)
        return refused or _not_permitted(request) or view(request, **kwargs)

    return checked


def _refusal(request: HttpRequest) -> HttpResponse | None:
    if _cross_site(request):
        return refuse(403, Reason("other_site"))
    limit = LIMITS.get(request.path_info, BODY_LIMIT)
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length[:20]) > limit:
        return _too_big(limit)
    body = request.read(limit + 1)  # a chunked body has no length to go by
    if len(body) > limit:
        return _too_big(limit)
    kind = request.headers.get("Content-Type", "")
    if (body or kind) and request.content_type != "application/json":
        return refuse(415, Reason("send_json"))
    request._body = body  # where Django keeps what was read already
    try:
        request.json = strict.loads(body) if body else None  # type: ignore[attr-defined]
    except strict.Unreadable as error:
        return refuse(400, Reason.of("body_unreadable", why=error))
    wrong = plain.invalid_json(request.json)  # type: ignore[attr-defined]
    return _invalid(wrong) if wrong else None


def _not_permitted(request: HttpRequest) -> HttpResponse | None:
    try:
        basic.log_in(request)
        permits.require(request, permits.verb_of(request))
        costs.spend(request)
    except DistvizError as error:
        return ours(request, error)
    except DOWN as error:  # who asks is in a database, and the API's own handlers are further in
        return unavailable(request, error)
    return None


def _invalid(wrong: plain.InvalidRequest) -> HttpResponse:
    named = wrong.status in (400, 422)
    return refuse_fields((wrong.field, wrong.reason)) if named else refuse(wrong.status, wrong.reason)


def _too_big(limit: int) -> HttpResponse:
    return refuse(413, Reason.of("body_too_large", kib=limit // 1024))


def _cross_site(request: HttpRequest) -> bool:
    if request.headers.get("Sec-Fetch-Site", "same-origin").lower() not in ("same-origin", "none"):
        return True
    origin = request.headers.get("Origin")
    return origin is not None and not same_origin(origin, request.get_host())
