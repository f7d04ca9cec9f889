"""A page that a database does not let us make is an outage that is told, not a mistake of the page: 503, not 500."""

import logging
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from pymongo.errors import PyMongoError

from distviz.postgres.base import Busy
from distviz.trace import reasons
from distviz.web.intime import unanswered

DOWN = (OperationalError, InterfaceError, PyMongoError)
_log = logging.getLogger(__name__)


class Outage:
    """Middleware. The API answers for itself (distviz/api/answers.py)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return page(request, error) if isinstance(error, DOWN) else None


def page(request: HttpRequest, error: Exception) -> HttpResponse:
    _log.warning("%s: %s: %s", request.path, type(error).__name__, error)
    context: dict[str, Any] = {"posted": request.method == "POST", "unanswered": unanswered()}
    template = "503.html"
    if isinstance(error.__cause__, Busy):
        template = "busy.html"
    elif reasons.locked(error):
        template = "locked.html"
    answer = render(request, template, context, status=503)
    answer["Retry-After"] = "2"
    return answer
