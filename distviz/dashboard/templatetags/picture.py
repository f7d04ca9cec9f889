"""Rows of the picture for templates: each is drawn once, and what looks the same in many rows is kept."""

from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import get_template
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from distviz.story.picture.cells import LaneCell
from distviz.story.picture.ghosts import Arrow
from distviz.story.picture.parts import Part
from distviz.story.picture.rows import Row

register = template.Library()


@register.simple_tag(takes_context=True)
def drawn(context: template.Context, row: Row) -> SafeString:
    """A row of the picture. It never changes, so it is drawn once and kept with it (see pictures.py); only an envelope
    comes and goes: it is there as long as the message waits. Beside it stands how runs ended that died there."""
    if "html" not in row.drawn:
        row.drawn["html"] = _template("row").render({"row": row}).rstrip().removesuffix("</li>")
    message = (context.get("parked") or {}).get(row.data.get("mid")) if row.phase == "parked" and row.arrow else None
    shown = {"row": row, "message": message, "run_id": context["run_id"]} if message else {}
    envelope = _template("envelope").render(shown) if message else ""
    at_row = (context.get("deaths") or {}).get(row.seq)
    deaths = _template("deaths").render({"at_row": at_row}) if at_row else ""
    return mark_safe(row.drawn["html"] + envelope + deaths + "</li>")


@register.simple_tag
def marks(row: Row) -> SafeString:
    """What an event is on the lanes: its cells, and its arrow."""
    return _marks(row.cells, row.arrow, comp=bool(row.makes_good_title))


@lru_cache(maxsize=500)  # most rows look like others there
def _marks(cells: tuple[LaneCell, ...], arrow: Arrow | None, *, comp: bool) -> SafeString:
    shown = {"cells": cells, "arrow": arrow, "makes_good_title": comp}
    html: str = _template("marks").render({"row": shown})
    return mark_safe(html)


@register.simple_tag
def strip(row: Row) -> SafeString:
    """The money after an event, in its four columns."""
    return _strip(row.parts, translation.get_language())


@lru_cache(maxsize=500)
def _strip(parts: tuple[Part, ...], language: str | None) -> SafeString:  # it has words in it
    html: str = _template("strip").render({"parts": parts})
    return mark_safe(html)


@lru_cache(maxsize=8)
def _template(name: str) -> Any:
    return get_template(f"picture/{name}.html")
