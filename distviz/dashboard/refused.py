"""What a page answers when something was refused."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from distviz.errors import DistvizError
from distviz.story.words.sentences import say
from distviz.web.later import say_when


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any], error: DistvizError | None = None
) -> HttpResponse:
    """A page that tells of `error` itself, with its status; without one, as it is."""
    answer = render(request, template, dict(context), status=error.status if error else 200)
    return say_when(answer, error)


def sentence(error: DistvizError) -> HttpResponse:
    """For a page's script."""
    answer = HttpResponse(say(error.reason), status=error.status, content_type="text/plain; charset=utf-8")
    return say_when(answer, error)
