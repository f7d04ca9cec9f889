"""What a delivery adds to the run log: events, what they mean for their run, and what the statement that writes them
does with it."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from distviz.codes import Reason


@dataclass(frozen=True, kw_only=True)
class EventRow:
    """One row of `run_events`. `lines` are what the process has said since the event before."""

    kind: str
    phase: str
    name: str
    lane: str
    to: str = ""
    attempt: int = 1
    span_id: str = ""
    changes: Iterable[Mapping[str, Any]] = ()
    statements: Iterable[str] = ()
    error: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class RunEffect:
    """What an event means for its run. `opens` counts messages in flight, `holding` is set (a mapping) or cleared
    (None), `wake_ms` says that nothing is overdue before then."""

    status: str | None = None
    opens: int = 0
    holding: Mapping[str, Any] | bool | None = False
    wake_ms: int | None = None


NONE = RunEffect()


@dataclass(eq=False)
class PendingEvent:
    """An event that is written now or soon; `seq` is its number once it is written, and None if the run was over."""

    event: EventRow
    effect: RunEffect = NONE
    cause: Union["PendingEvent", int, None] = None
    at: float = field(default_factory=time.monotonic)
    seq: int | None = None


Cause = PendingEvent | int | None


def number(cause: Cause) -> int | None:
    """The number of an event that is written."""
    return cause.seq if isinstance(cause, PendingEvent) else cause


@dataclass(frozen=True, kw_only=True)
class FirstDelivery:
    """The delivery of a message that this handler has not been given before is counted by the statement that tells of
    it. Nothing is written if it has been, or if a process that is held has the message."""

    who: str
    mid: str


@dataclass(frozen=True, kw_only=True)
class Completion:
    """The message is dealt with: one less in flight. Perhaps the end is decided; the first one stays, a copy that comes
    later finds out the same by another way. If nothing is in flight any more, the log alone may say so, and the
    money that it knows of agrees, the run is over."""

    who: str
    status: str | None = None
    reason: Reason | None = None
    may_end: bool = False


@dataclass(frozen=True)
class RunStanding:
    """How the run stands now: messages in flight, the decided end ("" for none), and whether that was its end."""

    seq: int
    open: int
    ending: str
    over: bool
