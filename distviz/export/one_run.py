"""One run as a file is made of it: what was asked, the log, the faults. A run of this lab or an imported one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock
from typing import Any, TypeVar

from distviz.story.picture.picture import Picture
from distviz.story.shapes import EventLike
from distviz.story.without import guards_off
from distviz.trace.models import Event, Fault, Run
from protocols import registry
from protocols.catalogue import Protocol

T = TypeVar("T")


@dataclass(frozen=True)
class Story:
    """`run` has the attributes of distviz.trace.models.Run; the rest of a file is folded from `events`, and kept as
    long as the story is: in the language of whom it is told to."""

    run: Any
    events: Sequence[EventLike]
    faults: Sequence[Any]
    _made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _making: RLock = field(default_factory=RLock, repr=False, compare=False)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` returns: called by the first who asks, while the others wait for it."""
        with self._making:
            if name not in self._made:
                self._made[name] = make()
            made: T = self._made[name]
            return made

    @cached_property
    def protocol(self) -> Protocol:
        return registry.get(self.run.protocol)

    @property
    def picture(self) -> Picture:
        return self.once("picture", self._fold)

    @property
    def without(self) -> list[str]:
        """The guards that are out."""
        return guards_off(self.events)

    def _fold(self) -> Picture:
        picture = Picture(self.run, self.protocol)
        picture.feed_all(self.events)
        return picture


def of(run: Run, upto: int | None = None) -> Story:
    """The story of a run of this lab, all of it or its first events."""
    found = Event.objects.filter(run=run).order_by("seq").defer("lines")
    events = found if upto is None else found.filter(seq__lte=upto)
    return Story(run, list(events), list(Fault.objects.filter(run=run)))
