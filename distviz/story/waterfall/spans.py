"""What the waterfall is made of: spans with the waits before them, and the steps inside of them."""

from dataclasses import dataclass, field

from distviz.story.waterfall.states import OK


@dataclass(slots=True)
class Wait:
    """A stretch in which no process works on it. `end` is None while it lasts."""

    kind: str  # queue, backoff, down, parked, delayed, held
    start: float
    end: float | None = None

    def ms(self, now: float) -> float:
        return (now if self.end is None else self.end) - self.start


@dataclass(slots=True)
class Span:
    """The run, the handling of a message, a step. Or an instant: something that has a time and no length."""

    seq: int
    kind: str  # run, attempt, step, locks, message, instant
    lane: str
    name: str
    start: float
    end: float | None
    to: str = ""
    span_id: str = ""
    parent: str = ""  # the span that caused it
    attempt: int = 1
    state: str = OK
    compensates: str = ""
    why: str = ""
    word: str = ""  # the phase or verb of an instant
    before: list[Wait] = field(default_factory=list)
    inside: list[Wait] = field(default_factory=list)
    steps: list["Span"] = field(default_factory=list)
    message: str = ""
    order: bool = False  # about what is prepared: its end by force rolls nothing back
    copy: bool = False  # it handles a copy that the network made
    superseded: bool = False  # its message is handled anew, and it has said nothing since
    busy: bool = False  # its last event was not an end: its process may still be working


@dataclass(slots=True)
class InTransit:
    """A message on its way, until it is received."""

    span: Span
    at: float  # since when it could be taken
    before: list[Wait]
    taken: int = 0
