"""One run as a file is made of it: what was asked, the log, the faults. A run of this lab or an imported one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from distviz.story.picture.picture import Picture
from distviz.story.shapes import EventLike
from distviz.trace.models import Event, Fault, Run
from protocols import registry
from protocols.catalogue import Protocol


@dataclass(frozen=True)
class Story:
    """`run` has the attributes of distviz.trace.models.Run; the rest of a file is folded from `events`."""

    run: Any
    events: Sequence[EventLike]
    faults: Sequence[Any]

    @cached_property
    def protocol(self) -> Protocol:
        return registry.get(self.run.protocol)

    @cached_property
    def picture(self) -> Picture:
        picture = Picture(self.run, self.protocol)
        picture.feed_all(self.events)
        return picture


def of(run: Run, upto: int | None = None) -> Story:
    """The story of a run of this lab, all of it or its first events."""
    found = Event.objects.filter(run=run).order_by("seq").defer("lines")
    events = found if upto is None else found.filter(seq__lte=upto)
    return Story(run, list(events), list(Fault.objects.filter(run=run)))
