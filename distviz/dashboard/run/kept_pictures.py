"""Pictures of real runs, folded from the log once and kept a little while: whoever looks at the same run again, or at
an earlier step of it, is served from memory and from the few events since.

A log is only appended to, so the picture after n events never changes. Every MARK events a copy of the fold is put
aside; the picture after any step is the copy before it and fewer than MARK events more.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

from django.utils import translation

from distviz.story.picture.picture import Picture
from distviz.trace.models import Event, Run
from protocols import registry

MARK = 25
KEPT = 8_000  # rows in memory, of all runs together


class Story:
    """One run in one language, as far as it has been read."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self.head = Picture(self.run, registry.get(self.run.protocol))
        self.marks = [self.head.twin()]

    def read(self, upto: int | None) -> Picture:
        """The picture after `upto` events, or after all of them; the caller's own."""
        with self.lock:
            if upto is None or upto > self.head.last_seq:
                self._read_on(upto)
            if upto is None or upto >= self.head.last_seq:
                return self.head.twin()
            rows, mark = self.head.rows[:upto], self.marks[upto // MARK]
        picture = mark.twin()
        picture.feed_all(_events(self.run, picture.last_seq, upto))
        picture.rows = rows  # the same ones, with what they look like already
        return picture

    def _read_on(self, upto: int | None) -> None:
        """The last event that is known comes along: a killed server forgets the last moments of a log."""
        have = self.head.last_seq
        found = list(_events(self.run, max(have - 1, 0), upto))
        if have and (not found or (found[0].seq, found[0].at) != (have, self.head.rows[-1].at)):
            self._begin()
            found = list(_events(self.run, 0, upto))
        for event in found:
            if event.seq > self.head.last_seq:
                self.head.feed(event)
                if event.seq % MARK == 0:
                    self.marks.append(self.head.twin())

    def first_failure(self) -> int | None:
        self.read(None)
        return next((row.seq for row in list(self.head.rows) if row.fails), None)


_lock = threading.Lock()
_stories: "OrderedDict[tuple[UUID, str], Story]" = OrderedDict()


def of(run: Run, upto: int | None = None) -> Picture:
    """The picture after `upto` events, or after all of them."""
    return _story(run).read(upto)


def first_failure(run: Run) -> int | None:
    """Where in the log so far something went wrong first."""
    return _story(run).first_failure()


def _story(run: Run) -> Story:
    key = (run.pk, translation.get_language() or "")  # a picture holds sentences
    with _lock:
        story = _stories.pop(key, None)
        if story is None:
            story = Story(run)
        _stories[key] = story
        rows = sum(len(kept.head.rows) for kept in _stories.values())
        while rows > KEPT and len(_stories) > 1:
            rows -= len(_stories.popitem(last=False)[1].head.rows)
    return story


def _events(run: Run, after: int, upto: int | None) -> Iterable[Event]:
    found = Event.objects.filter(run=run, seq__gt=after).order_by("seq").defer("lines")
    return found if upto is None else found.filter(seq__lte=upto)
