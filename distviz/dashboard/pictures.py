"""Pictures of real runs: folded from the log, and kept a little while for those who watch."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from uuid import UUID

from django.utils import translation

from distviz.dashboard.kinds import EventLike
from distviz.dashboard.picture import Picture
from distviz.dashboard.rows import Row
from distviz.trace.models import Event, Run
from protocols import registry

KEPT = 200
_lock = threading.Lock()
_pictures: OrderedDict[tuple[UUID, str], Picture] = OrderedDict()


def of(run: Run, upto: int | None = None) -> Picture:
    """The picture after `upto` events, or after all of them."""
    picture = Picture(run, registry.get(run.protocol))
    found = Event.objects.filter(run=run).order_by("seq")
    picture.feed_all(found if upto is None else found.filter(seq__lte=upto))
    return picture


def advance(run_id: UUID, events: Sequence[EventLike]) -> tuple[Picture, list[Row]]:
    """The picture after these events, with their rows. Whoever comes in order is served from memory."""
    key = (run_id, translation.get_language() or "")  # a picture holds sentences
    with _lock:
        picture = _pictures.pop(key, None)
    if picture is None or picture.last_seq + 1 != events[0].seq:
        picture = of(Run.objects.get(pk=run_id), events[0].seq - 1)
    drawn = picture.feed_all(events)
    with _lock:
        kept = _pictures.get(key)
        if not picture.finished and (kept is None or kept.last_seq < picture.last_seq):
            _pictures[key] = picture
        while len(_pictures) > KEPT:
            _pictures.popitem(last=False)
    return picture, drawn
