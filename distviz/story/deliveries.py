"""Which handling of a message is a copy's: one that the network made, and no repetition of what failed or died. Both
have a number above 1; only a repetition says that the handling before it is over."""

from distviz.story.shapes import EventLike

_COUNTED = ("sent", "delayed", "delivered", "duplicated")


class Deliveries:
    """Folded from the log."""

    def __init__(self) -> None:
        self._copies: dict[int, int] = {}  # by the event that put it into the queue: how many of it
        self._received: dict[int, int] = {}
        self._of_copies: set[str] = set()  # spans
        self._of_several: set[str] = set()  # spans: the first copy is not told from the others
        self._repeated: set[int] = set()  # events
        self._handled: dict[str, str] = {}  # span → the name of its message

    def copied(self) -> "Deliveries":
        copied = Deliveries()
        copied._copies, copied._received = dict(self._copies), dict(self._received)
        copied._of_copies, copied._repeated = set(self._of_copies), set(self._repeated)
        copied._of_several, copied._handled = set(self._of_several), dict(self._handled)
        return copied

    def feed(self, event: EventLike) -> None:
        if event.kind != "message":
            return
        data = event.data if isinstance(event.data, dict) else {}
        if event.phase in _COUNTED:
            self._copies[event.seq] = _number(data.get("copies"), 2 if event.phase == "duplicated" else 1)
        elif event.phase == "received":
            self._received_by(event)

    def _received_by(self, event: EventLike) -> None:
        if event.span_id:
            self._handled[event.span_id] = event.name
        if event.caused_by is not None:
            number = self._received[event.caused_by] = self._received.get(event.caused_by, 0) + 1
            if number > self._copies.get(event.caused_by, 1):
                self._repeated.add(event.seq)
            elif self._copies.get(event.caused_by, 1) > 1 and event.span_id:
                self._of_several.add(event.span_id)
                if number > 1:
                    self._of_copies.add(event.span_id)

    def is_anew(self, span: str, begin: EventLike) -> bool:
        """Whether the begin of a step says that its handling in an earlier span is over: the same message is handled
        again, and not as a copy."""
        if self.is_copy(begin.span_id) or self._handled.get(span) != self._handled.get(begin.span_id):
            return False
        return begin.attempt > 1 or bool(span and begin.span_id)

    def is_copy(self, span_id: str) -> bool:
        """Whether the network made what is handled there: the handling before it may still be at work."""
        return span_id in self._of_copies

    def attempt(self, event: EventLike) -> int:
        """Handlers count what they were given and have not finished: a copy beside another one is no second attempt."""
        return 1 if event.span_id in self._of_several else event.attempt

    def is_repeated(self, received: EventLike) -> bool:
        """Whether this message was received as often before as it was sent: its handling did not come to an end."""
        return received.seq in self._repeated


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
