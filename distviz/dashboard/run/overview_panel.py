"""A run to scale, above its rows: the whole of it, or where one looks closer."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from distviz.story.shapes import EventLike
from distviz.story.timeline import overview
from distviz.trace.models import Run
from protocols import registry


def of(run: Run, events: Sequence[EventLike], window: tuple[float, float] | None = None) -> dict[str, Any]:
    """What the template needs; `window` is from and to in ms."""
    over = bool(events) and events[-1].kind == "finished"
    until = events[-1].at if over else timezone.now()
    return {"overview": overview.overview(run, registry.get(run.protocol), events, until, window), "over": over}
