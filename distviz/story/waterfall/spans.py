"""What the waterfall is made of: bars with the waits before them, and the steps inside of them."""

from dataclasses import dataclass, field

OK, FAILED, CRASHED, TORN, IGNORED, PREPARED = "ok", "failed", "crashed", "torn", "ignored", "prepared"
OPEN, LOST, PARKED, QUEUED, UNTAKEN, BACKOFF = "open", "lost", "parked", "queued", "untaken", "backoff"


@dataclass(slots=True)
class Wait:
    """A stretch in which no process works on it. `end` is None while it lasts."""

    kind: str  # queue, backoff, down, parked, delayed, held
    start: float
    end: float | None = None

    def ms(self, now: float) -> float:
        return (now if self.end is None else self.end) - self.start


@dataclass(slots=True)
class Bar:
    """One span: the run, the handling of a message, a step. Or a mark: something that has a moment and no length."""

    seq: int
    kind: str  # run, attempt, step, locks, message, mark
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
    word: str = ""  # the phase or verb of a mark
    before: list[Wait] = field(default_factory=list)
    inside: list[Wait] = field(default_factory=list)
    steps: list["Bar"] = field(default_factory=list)
    message: str = ""
    busy: bool = False  # its last event was not an end: its process may still be working


@dataclass(slots=True)
class Mail:
    """A message on its way, until it is received."""

    bar: Bar
    at: float  # since when it could be taken
    before: list[Wait]
    taken: int = 0
