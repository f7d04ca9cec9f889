"""The run log as the page's own HTML: drawn once in each language, by the code that draws the page, for all who watch.

One thread draws, so that a long run cannot take all of them from the others, and what it knows needs no locks.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.utils import translation

from distviz.dashboard import kept_pictures
from distviz.live.batches import Batch
from distviz.live.source import in_thread
from distviz.story.picture import markup
from distviz.story.picture.picture import Picture
from distviz.trace.models import Event

FRAME_LIMIT = 60_000  # bytes; Daphne's limit for messages, 64 KiB, is for both directions
ROWS = 12  # of one frame, unless they are long
_thread = ThreadPoolExecutor(1, thread_name_prefix="draw")
_T = TypeVar("_T")


def html_in(language: str) -> Callable[[Batch], AsyncIterator[str]]:
    """How to draw for a viewer of this language."""

    async def draw(batch: Batch) -> AsyncIterator[str]:
        for part in batch.parts(ROWS):
            key = (language, part.first)
            if key not in batch.drawn:
                batch.drawn[key] = asyncio.ensure_future(in_thread(_draw, _thread)(part, language))
            for text in await asyncio.shield(batch.drawn[key]):
                yield text

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


class LastUsed(Generic[_T]):
    """The values last used."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Any, _T] = OrderedDict()

    def get(self, key: Any, make: Callable[[], _T]) -> _T:
        value = self._values.pop(key) if key in self._values else make()
        self._values[key] = value
        if len(self._values) > self._most:
            self._values.popitem(last=False)
        return value


_blocks: LastUsed[list[str]] = LastUsed(
    200
)  # full frames of older rows: many come back at once when a server was restarted


def _draw(batch: Batch, language: str) -> list[str]:
    with translation.override(language):
        if len(batch.rows) < ROWS:
            return _frames(batch, language)
        return _blocks.get((batch.run, language, batch.first), lambda: _frames(batch, language))


def _frames(batch: Batch, language: str) -> list[str]:
    """These rows, and the state after the last row that is known: it may be ahead of them, never behind."""
    picture = kept_pictures.past(batch.run, batch.last, [Event(run_id=batch.run, **event) for event in batch.events])
    if picture.last_seq < batch.last:
        raise LookupError(f"the log of run {batch.run} is gone")
    return _sized(picture, batch.first, batch.last)


def _sized(picture: Picture, first: int, last: int) -> list[str]:
    # Numbers have no gaps: the row of event n is in place n - 1.
    text = markup.draw(picture, picture.rows[first - 1 : last])
    if first == last or len(text.encode()) <= FRAME_LIMIT:
        return [text]
    middle = (first + last) // 2
    return [*_sized(picture, first, middle), *_sized(picture, middle + 1, last)]
