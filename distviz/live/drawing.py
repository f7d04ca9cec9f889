"""The run log as the page's own HTML: drawn once in each language, by the code that draws the page, for all who watch.

One thread draws, so that a long run cannot take all of them from the others, and what it knows needs no locks. Of what
stands around the rows a viewer is sent only what it does not have.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.template import Context
from django.template.loader import render_to_string
from django.utils import translation

from distviz.dashboard import kept_pictures
from distviz.dashboard.templatetags.picture import drawn
from distviz.live.batches import Batch
from distviz.live.frames import FRAME_LIMIT, Frame, sized
from distviz.live.looks import Drawing, Shown
from distviz.live.source import in_thread
from distviz.story.picture import markup
from distviz.story.picture.markup import Part
from distviz.story.picture.picture import Picture
from distviz.trace.models import Event

_thread = ThreadPoolExecutor(1, thread_name_prefix="draw")


@dataclass(frozen=True)
class Html:
    """As pages in this language show it."""

    language: str

    async def draw(self, batch: Batch) -> Drawing:
        return await in_thread(_draw, _thread)(batch, self.language)


class HtmlDrawing:
    """The HTML of some rows, and of the parts around them as they are then: they may be ahead of the rows, never
    behind."""

    def __init__(self, first: int, rows: list[str], parts: Shown, language: str, corrected: Sequence[str] = ()) -> None:
        self.first, self.last = first, first + len(rows) - 1
        self._corrected = corrected  # earlier rows that look otherwise now
        self._rows, self._parts, self._language = rows, parts, language
        self._made: dict[Any, Frame] = {}
        self._around: dict[int, Shown] = {}

    def frame(self, after: int, shown: Shown, behind: int) -> tuple[Frame, Shown]:
        if behind not in self._around:
            self._around[behind] = (*self._parts, pace(self._language, behind))
        around = self._around[behind]
        key = (after, shown, behind)
        if key not in self._made:
            new = self._rows[max(after - self.first + 1, 0) :]
            changed = [part.since(before) for part, before in zip_longest(around, shown)]
            self._made[key] = Frame(_texts([*self._corrected, *new], "".join(changed)))
        return self._made[key], around


def _texts(rows: list[str], around: str) -> list[str]:
    """Each within the limit of the server; the parts come with the last rows."""
    texts = [markup.appended(group) for group in sized(rows)]
    if texts and len(texts[-1].encode()) + len(around.encode()) <= FRAME_LIMIT:
        texts[-1] += around
    elif around:
        texts.append(around)
    return texts


@lru_cache(maxsize=200)
def pace(language: str, behind: int) -> Part:
    """What says how far behind the page is."""
    with translation.override(language):
        return Part(render_to_string("picture/pace.html", {"behind": behind, "oob": True}))


def language_of(scope: dict[str, Any]) -> str:
    """The language that this visitor's pages are in."""
    request = HttpRequest()
    for name, value in scope.get("headers", []):
        if name == b"cookie":
            request.COOKIES = parse_cookie(value.decode("latin-1"))
        elif name == b"accept-language":
            request.META["HTTP_ACCEPT_LANGUAGE"] = value.decode("latin-1")
    return translation.get_language_from_request(request)


def _draw(batch: Batch, language: str) -> HtmlDrawing:
    with translation.override(language):
        log = [Event(run_id=batch.run, **event) for event in batch.events]
        around = partial(_drawing, batch.run, batch.first, batch.last, language)
        return kept_pictures.use_past(batch.run, batch.last, log, around)


def _drawing(run: UUID, first: int, last: int, language: str, picture: Picture) -> HtmlDrawing:
    if picture.last_seq < last:
        raise LookupError(f"the log of run {run} is gone")
    shown = Context({"parked": picture.progress.parked, "run_id": run})
    # Numbers have no gaps: the row of event n is in place n - 1.
    rows: list[str] = [drawn(shown, row) for row in picture.rows[first - 1 : last]]
    wrong = {seq for event in range(first, last + 1) for seq in picture.corrections.get(event, ()) if seq < first}
    corrected = [drawn(shown, picture.rows[seq - 1]) for seq in sorted(wrong)]
    return HtmlDrawing(first, rows, markup.parts(picture), language, corrected)
