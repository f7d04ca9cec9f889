"""Whether anything still drives a run on that nothing repeats: a message of it that is on its way, or is being handled.
Where that is not so, what was taken and not paid is missing."""

from collections.abc import Iterable

from distviz.story.deliveries import Deliveries
from distviz.story.shapes import EventLike

_LEAVES = ("sent", "delayed", "parked")
_GIVEN_UP = {("retry", "failed"), ("retry", "exhausted"), ("attention", "raised")}
_NO = {"FAILED", "DECLINED", "REFUSED"}


class Driving:
    """Folded from the log."""

    def __init__(self) -> None:
        self._messages = 0  # on their way, or being handled
        self._at_work: set[str] = set()  # spans
        self._deliveries = Deliveries()

    def copied(self) -> "Driving":
        copied = Driving()
        copied._messages, copied._at_work = self._messages, set(self._at_work)
        copied._deliveries = self._deliveries.copied()
        return copied

    @property
    def goes_on(self) -> bool:
        return self._messages > 0

    def feed(self, event: EventLike) -> None:
        data = event.data if isinstance(event.data, dict) else {}
        self._deliveries.feed(event)
        if event.kind == "message":
            self._message(event, data)
        elif _gives_up(event):
            self._ends(event.span_id)

    def _message(self, event: EventLike, data: dict[str, object]) -> None:
        copies = data.get("copies")
        if event.phase in _LEAVES:
            self._ends(event.span_id)
            self._messages += copies if isinstance(copies, int) else 1
        elif event.phase == "received" and not self._deliveries.is_repeated(event):
            self._at_work.add(event.span_id)
        elif event.phase == "duplicated":
            self._messages += 1
        elif event.phase == "dropped" or (event.phase == "lost" and event.error):  # it had been told as sent
            self._messages -= 1
        elif event.phase == "lost":
            self._ends(event.span_id)

    def _ends(self, span: str) -> None:
        if span in self._at_work:
            self._at_work.discard(span)
            self._messages -= 1


def driven_on(events: Iterable[EventLike]) -> bool:
    """Whether something of this run is still on its way, as its picture has it."""
    driving = Driving()
    for event in events:
        driving.feed(event)
    return driving.goes_on


def _gives_up(event: EventLike) -> bool:
    """Nothing follows from this handling any more."""
    if event.kind == "step":
        return event.phase == "commit" and _declines(event)
    return (event.kind, event.phase) in _GIVEN_UP or (event.kind == "fault" and event.name == "crash")


def _declines(event: EventLike) -> bool:
    """A business "no" that was written down: nothing follows from it."""
    rows = [change.get("after") for change in event.changes or () if isinstance(change, dict)]
    return any(isinstance(row, dict) and str(row.get("status", "")).upper() in _NO for row in rows)
