"""What the code that runs right now is doing for which run: kept beside the protocols, never passed through them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from distviz.codes import Reason
from distviz.errors import Declined
from distviz.story.words.sentences import english
from distviz.trace.canvas import NONE, Canvas
from distviz.trace.gathering import Gathering
from distviz.trace.log_events import Cause, EventRow, PendingEvent, RunEffect, number


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

    @classmethod
    def read(cls, wire: Sequence[Any]) -> "FaultRef":
        """Raises ValueError or TypeError for what `wire` did not write."""
        fault = cls(*wire)
        if [type(value) for value in fault.wire()] != [int, str, str, int, int]:
            raise ValueError("no fault")
        return fault


@dataclass
class Delivery(Gathering):
    """One handling of one message (or the request itself): who, for which run, as which attempt. Who acts on a run
    without being in the middle of a message (an operator, a pass of recovery) has one as well."""

    protocol: str = ""
    lane: str = "api"
    mode: str = "run"
    who: str = ""
    mid: str = ""
    attempt: int = 1
    cause: Cause = None
    span_id: str = ""
    traceparent: str = ""
    faults: list[FaultRef] = field(default_factory=list)
    step: "OpenStep | None" = None
    again: bool = False  # asked for before: a repetition, a copy, or driven on by a sweep
    redriven: bool = False  # no message is being handled: recovery drives the run on
    service: str = ""  # whose process this is, where the lane does not say it
    on_purpose: bool = False  # a copy that an operator sends: it is handled even if the run is over
    canvas: Canvas = NONE  # of a chain of tasks: what goes on after this one
    of: object = None  # what it is done for, where that is no message: see `acts_for`
    parts: Mapping[str, "Delivery"] = field(default_factory=dict)  # by run, if it is done for several: see together.py

    def note(self) -> dict[str, Any]:
        """What travels beside a message that leaves from here: a later publisher needs no query for it."""
        return {
            "mode": self.mode,
            "traceparent": self.traceparent,
            "cause": number(self._because()),
            "faults": [fault.wire() for fault in self.faults],
        }

    def _because(self) -> Cause:
        return self.step.begun if self.step else self.cause

    def tell(self, kind: str, phase: str, name: str = "", **details: Any) -> int | None:
        """Append one event to the run's log now, after what was gathered. Returns its `seq`, or None if the run is
        over. The parameters are those of `gather`."""
        one = self.gather(kind, phase, name, **details)
        self.flush()
        return number(one)

    def gather(
        self,
        kind: str,
        phase: str,
        name: str = "",
        *,
        to: str = "",
        error: Reason | None = None,
        changes: Iterable[Mapping[str, Any]] = (),
        statements: Iterable[str] = (),
        cause: Cause = None,
        status: str | None = None,
        opens: int = 0,
        holding: Mapping[str, Any] | bool | None = False,
        wake_ms: int | None = None,
        **data: Any,
    ) -> Cause:
        """The same, but the event may wait for the next one: it is written before anything follows from it.

        Lane, attempt, span and cause (the open step, or else what was received) are those of this delivery. `error`
        is told in English and kept as `data["reason"]`. `status`, `opens`, `holding` and `wake_ms` are for the run,
        see `log_events.RunEffect`.
        """
        if error is not None:
            data["reason"] = error.as_json()
        event = EventRow(
            kind=kind,
            phase=phase,
            name=name or phase,
            lane=self.lane,
            to=to,
            attempt=self.attempt,
            span_id=self.span_id,
            changes=changes,
            statements=statements,
            error=english(error),
            data=data,
            lines=self.lines_so_far(),
        )
        effect = RunEffect(status=status, opens=opens, holding=holding, wake_ms=wake_ms)
        one = PendingEvent(event, effect, cause if cause is not None else self._because())
        self.take(one)
        return one if self.gathers else one.seq


@dataclass
class OpenStep:
    """A step between its begin and its end, and what was seen in it."""

    name: str
    points: tuple[str, ...]
    begun: Cause
    within: tuple[str, ...] = ()  # the fault points just before its COMMIT
    refused: Declined | None = None  # a business "no" that was switched on
    ends: str = ""  # commit, prepared or rollback: read off what its connection really ran
    ended: bool = False  # committed or prepared: what is in `changes` is not open any more
    then: str = ""  # the run's status once this is committed
    changes: list[dict[str, Any]] = field(default_factory=list)
    wrote: int = 0  # rows, as the databases count them
    statements: list[str] = field(default_factory=list)
    money: dict[str, dict[str, str]] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    closing: list[Callable[[], object]] = field(default_factory=list)  # called just before its end is told
    afterwards: list[Callable[[], object]] = field(default_factory=list)  # called once it is committed and told


_current: ContextVar[Delivery | None] = ContextVar("delivery", default=None)


def current() -> Delivery | None:
    return _current.get()


def admit() -> None:
    """Called before anything is done: the delivery of a message is counted in the database before the work."""
    delivery = _current.get()
    if delivery is not None and not delivery.admitted:
        delivery.flush()


def open_step() -> OpenStep | None:
    delivery = _current.get()
    return delivery.step if delivery else None


def of_each() -> Iterable["Delivery"]:
    """What is done right now is done for these: one, or several at once."""
    delivery = _current.get()
    return () if delivery is None else delivery.parts.values() or (delivery,)


@contextmanager
def handling(delivery: Delivery) -> Iterator[Delivery]:
    """What runs in here is done on behalf of this delivery."""
    token = _current.set(delivery)
    try:
        yield delivery
    finally:
        _current.reset(token)


# --- work that no message asked for ---------------------------------------------------------------------------------

Acting = Callable[[list[Any]], AbstractContextManager[object]]
_ACTING: dict[type, Acting] = {}


def acts_for(kind: type) -> Callable[[Acting], Acting]:
    """Register who enters the delivery of a step that is done for things of this kind: `step("publish", of=rows)`."""

    def register(acting: Acting) -> Acting:
        _ACTING[kind] = acting
        return acting

    return register


def acting(of: Sequence[object]) -> AbstractContextManager[object]:
    """In whose name the step of these things is done. None of them: in that of the message that is being handled."""
    return _ACTING[type(of[0])](list(of)) if of else nullcontext()


def read_note(note: Mapping[str, Any]) -> list[FaultRef]:
    """The faults that travel with a message. Raises ValueError or TypeError for a note that `Delivery.note` did not
    write."""
    cause, mode = note.get("cause"), note.get("mode", "run")
    if not (cause is None or (type(cause) is int and 0 <= cause < 2**31)) or mode not in ("run", "step"):
        raise ValueError("a note that is none of ours")
    return [FaultRef.read(fault) for fault in note.get("faults", [])]
