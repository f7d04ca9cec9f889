"""What the code that runs right now is doing for which run: kept beside the protocols, never passed through them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass
class FaultRef:
    """A fault as it travels with the run's messages: no query to find out that there is none."""

    id: int
    at: str
    do: str
    times: int
    ms: int

    def wire(self) -> list[Any]:
        return [self.id, self.at, self.do, self.times, self.ms]


@dataclass
class Delivery:
    """One handling of one message (or the request itself): who, for which run, as which attempt."""

    run_id: str
    protocol: str
    lane: str
    mode: str = "run"
    who: str = ""
    mid: str = ""
    attempt: int = 1
    cause: int | None = None
    span_id: str = ""
    traceparent: str = ""
    faults: list[FaultRef] = field(default_factory=list)
    step: "OpenStep | None" = None
    redriven: bool = False
    lines: list[dict[str, Any]] = field(default_factory=list)  # said since the last event, see lines.py
    service: str = ""  # whose process this is, where the lane does not say it
    on_purpose: bool = False  # a copy that a person sends: it is heard even if the run is over
    of: object = None  # what it is done for, where that is no message: see `acts_for`

    def note(self) -> dict[str, Any]:
        """What travels beside a message that leaves from here: whoever publishes it later needs no query for it."""
        return {
            "mode": self.mode,
            "traceparent": self.traceparent,
            "cause": self.step.begun if self.step else self.cause,
            "faults": [fault.wire() for fault in self.faults],
        }


@dataclass
class OpenStep:
    """A step between its begin and its end, and what was seen in it."""

    name: str
    points: tuple[str, ...]
    begun: int | None
    declined: str = ""
    ended: bool = False  # committed or prepared: what is in `changes` is not open any more
    then: str = ""  # the run's status once this is committed
    changes: list[dict[str, Any]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    money: dict[str, dict[str, str]] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    afterwards: list[Callable[[], object]] = field(default_factory=list)  # called once it is committed and told


_current: ContextVar[Delivery | None] = ContextVar("delivery", default=None)


def current() -> Delivery | None:
    return _current.get()


def open_step() -> OpenStep | None:
    delivery = _current.get()
    return delivery.step if delivery else None


def enter(delivery: Delivery) -> Any:
    return _current.set(delivery)


def leave(token: Any) -> None:
    _current.reset(token)


# --- work that no message asked for ---------------------------------------------------------------------------------

Acting = Callable[[Any], AbstractContextManager[object]]
_ACTING: dict[type, Acting] = {}


def acts_for(kind: type) -> Callable[[Acting], Acting]:
    """Register who enters the delivery of a step that is done for a thing of this kind: `step("publish", of=row)`."""

    def register(acting: Acting) -> Acting:
        _ACTING[kind] = acting
        return acting

    return register


def acting(of: object) -> AbstractContextManager[object]:
    """In whose name the step of this thing is done. None: in that of the message that is being handled."""
    return nullcontext() if of is None else _ACTING[type(of)](of)
