"""A batch as the page's own HTML: drawn once in each language, by the code that draws the page, for all who watch."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.utils import translation

from distviz.dashboard import fragments
from distviz.dashboard.batches import Batch
from distviz.dashboard.live_log import in_thread
from distviz.trace.models import Event


FRAME_LIMIT = 60_000  # Daphne's limit for messages, 64 KiB, is for both directions
ROWS = 12  # of one frame, unless they are long


def html_in(language: str) -> Callable[[Batch], Awaitable[list[str]]]:
    """How to draw for a viewer of this language."""

    async def draw(batch: Batch) -> list[str]:
        if language not in batch.drawn:
            batch.drawn[language] = asyncio.ensure_future(in_thread(_draw)(batch, language))
        return await asyncio.shield(batch.drawn[language])

    return draw


def language_of(scope: dict[str, Any]) -> str:
    """The language that this visitor's pages are in."""
    request = HttpRequest()
    for name, value in scope.get("headers", []):
        if name == b"cookie":
            request.COOKIES = parse_cookie(value.decode("latin-1"))
        elif name == b"accept-language":
            request.META["HTTP_ACCEPT_LANGUAGE"] = value.decode("latin-1")
    return translation.get_language_from_request(request)


def _draw(batch: Batch, language: str) -> list[str]:
    with translation.override(language):
        return [text for rows in batch.parts(ROWS) for text in _frames(rows)]


def _frames(batch: Batch) -> list[str]:
    text = fragments.frame(batch.run, [Event(run_id=batch.run, **fact) for fact in batch.facts])
    if len(text) < FRAME_LIMIT // 4 or len(text.encode()) <= FRAME_LIMIT or len(batch.rows) == 1:
        return [text]
    return [text for half in batch.parts((len(batch.rows) + 1) // 2) for text in _frames(half)]
