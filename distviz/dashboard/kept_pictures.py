"""Pictures of real runs, folded from the log once and cached for a while: another view of the same run, an earlier step
of it, or its next event, is served from memory and from the few events since.

A log is only appended to, so the picture after n events never changes. Every so many events (EVERY) a copy of the fold
is kept as a keyframe; the picture after any step is the keyframe before it and the few events since. All pages and the
live view share it.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from django.utils import translation

from distviz.story.picture.picture import Picture
from distviz.story.shapes import EventLike
from distviz.trace.models import Event, Run
from protocols import registry

EVERY = 25
KEPT = 8_000  # rows in memory, of all runs together
_T = TypeVar("_T")


class KeptPicture:
    """One run in one language, as far as it has been read."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self.head = Picture(self.run, registry.get(self.run.protocol))
        self.keyframes = [self.head.copied()]
        self.log: list[EventLike] = []

    def read(self, upto: int | None, log: Sequence[EventLike] = ()) -> Picture:
        """The picture after `upto` events, or after all of them; the caller's own. `log` is what the caller has read
        of the log already."""
        with self.lock:
            if upto is None or upto > self.head.last_seq:
                self._read_on(upto, log)
            if upto is None or upto >= self.head.last_seq:
                return self.head.copied()
            rows, keyframe = self.head.rows[:upto], self.keyframes[upto // EVERY]
        picture = keyframe.copied()
        picture.feed_all(_part(log, picture.last_seq, upto) or _events(self.run, picture.last_seq, upto))
        picture.rows = rows  # the same ones, with their HTML already made
        return picture

    def use_past(self, seq: int, log: Sequence[EventLike], use: Callable[[Picture], _T]) -> _T:
        """`use` gets the picture as far as it is known, which is up to `seq` at least. It is not copied: that would be
        most of what a live frame costs. Nobody else has it meanwhile."""
        with self.lock:
            if seq > self.head.last_seq:
                self._read_on(seq, log)
            return use(self.head)

    def _read_on(self, upto: int | None, log: Sequence[EventLike]) -> None:
        """The last event that is known comes along: a killed server forgets the last moments of a log."""
        have = self.head.last_seq
        before = max(have - 1, 0)
        found = _part(log, before, upto) or _part(log, have, upto) or list(_events(self.run, before, upto))
        if have and (not found or not self._goes_on(found[0])):
            self._begin()
            found = list(_events(self.run, 0, upto))
        for event in found:
            if event.seq > self.head.last_seq:
                self.head.feed(event)
                self.log.append(event)
                if event.seq % EVERY == 0:
                    self.keyframes.append(self.head.copied())

    def _goes_on(self, event: EventLike) -> bool:
        """Whether this event is the last one that is known, or the one after it."""
        last = self.head.rows[-1]
        return event.seq == last.seq + 1 or (event.seq, event.at) == (last.seq, last.at)

    def read_all(self) -> tuple[list[EventLike], int | None]:
        self.read(None)
        with self.lock:
            return list(self.log), next((row.seq for row in self.head.rows if row.fails), None)


_lock = threading.Lock()
_kept: "OrderedDict[tuple[UUID, str], KeptPicture]" = OrderedDict()


def of(run: Run, upto: int | None = None, log: Sequence[EventLike] = ()) -> Picture:
    """The picture after `upto` events, or after all of them; `log` are events that the caller has anyhow."""
    return _of(run.pk, lambda: run).read(upto, log)


def use_past(run_id: UUID, seq: int, log: Sequence[EventLike], use: Callable[[Picture], _T]) -> _T:
    """What `use` makes of the picture as far as it is known: after event `seq`, or later ones. It may change nothing
    and must not keep it."""
    return _of(run_id, lambda: Run.objects.get(pk=run_id)).use_past(seq, log, use)


def whole_log(run: Run) -> tuple[list[EventLike], int | None]:
    """The events so far, without what the processes have said; and the first where something went wrong."""
    return _of(run.pk, lambda: run).read_all()


def _of(run_id: UUID, run: Callable[[], Run]) -> KeptPicture:
    key = (run_id, translation.get_language() or "")  # a picture holds sentences
    with _lock:
        known = _kept.get(key)
    known = known or KeptPicture(run())
    with _lock:
        known = _kept.pop(key, known)
        _kept[key] = known
        rows = sum(len(kept.head.rows) for kept in _kept.values())
        while rows > KEPT and len(_kept) > 1:
            rows -= len(_kept.popitem(last=False)[1].head.rows)
    return known


def _part(log: Sequence[EventLike], after: int, upto: int | None) -> Sequence[EventLike]:
    """What comes after event `after`, if the log has all of it."""
    found = [event for event in log if event.seq > after and (upto is None or event.seq <= upto)]
    return found if found and found[0].seq == after + 1 else []


def _events(run: Run, after: int, upto: int | None) -> Iterable[Event]:
    found = Event.objects.filter(run=run, seq__gt=after).order_by("seq").defer("lines")
    return found if upto is None else found.filter(seq__lte=upto)
