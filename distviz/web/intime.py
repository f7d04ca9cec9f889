"""Every request is answered in time, whichever server stands still: its waits for one have an end that is nearer than
those of a worker, and what has not answered is named."""

import time
from collections.abc import Callable
from contextlib import nullcontext

from django.db import connections
from django.http import HttpRequest, HttpResponse

from distviz import silence
from distviz.postgres.session import answer_within
from distviz.services.notification import listening

WITHIN_S = 2.0  # for all servers together to be found
ANSWER_S = 2.5  # for one question of a page; what changes something may take longer


class InTime:
    """Middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = silence.deadline.set(time.monotonic() + WITHIN_S)
        try:
            with answer_within(ANSWER_S) if request.method in ("GET", "HEAD") else nullcontext():
                return self.get_response(request)
        finally:
            silence.deadline.reset(token)


def unanswered() -> list[str]:
    """The databases whose servers did not answer when they were asked last, by the names that /readyz gives them."""
    found = [alias for alias in connections if silence.known(getattr(connections[alias], "server", ""))]
    return [*found, *(["mongo"] if silence.known(listening.SERVER) else [])]
