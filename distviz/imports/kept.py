"""Imports that were looked at lately: each is read, folded and drawn once in each language, however many look at it.
To draw 2,000 events takes seconds of a processor."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from django.utils import translation

from distviz.export.one_run import Story
from distviz.imports.models import Imported

KEPT = 10_000  # events in memory, of all imports together: some 2 KB each
_lock = threading.Lock()
_kept: "OrderedDict[tuple[str, str], Story]" = OrderedDict()


def story_of(imported: Imported, read: Callable[[], Story]) -> Story:
    """By its content, which never changes."""
    key = (imported.digest, translation.get_language() or "")  # a picture holds sentences
    with _lock:
        known = _kept.get(key)
    made = known or read()
    with _lock:
        made = _kept.pop(key, made)  # another request may have been quicker
        _kept[key] = made
        events = sum(len(story.events) for story in _kept.values())
        while events > KEPT and len(_kept) > 1:
            events -= len(_kept.popitem(last=False)[1].events)
    return made
