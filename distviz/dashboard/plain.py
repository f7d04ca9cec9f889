"""A page is only asked with text that can be kept: distviz/web/plain.py, answered as a page."""

import logging
from collections.abc import Callable

from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from distviz.codes import Reason
from distviz.story.words.sentences import say
from distviz.web import plain
from distviz.web.plain import InvalidRequest
from distviz.web.programs import asks_the_api

_log = logging.getLogger(__name__)


class PlainRequests:
    """Middleware. The API answers for itself (distviz/api/guard.py)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if asks_the_api(request):
            return self.get_response(request)
        wrong = plain.invalid(request) or plain.invalid_form(request)
        return _answer(request, wrong) if wrong else self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A value that got past every check, and that PostgreSQL cannot keep."""
        if not isinstance(error, DataError):
            return None
        _log.error("%s: a value that no check refused", request.path, exc_info=error)
        return _answer(request, InvalidRequest(422, "", Reason("value_cannot_be_stored")))


def _answer(request: HttpRequest, wrong: InvalidRequest) -> HttpResponse:
    if wrong.field == plain.PATH:
        raise Http404
    sentence = f"{wrong.field}: {say(wrong.reason)}" if wrong.field else say(wrong.reason)
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(sentence, status=wrong.status, content_type="text/plain; charset=utf-8")
    return render(request, "400.html", {"detail": sentence, "code": wrong.status}, status=wrong.status)
