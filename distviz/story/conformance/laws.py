"""The laws of a run log: those that hold for every log, and the order of the protocol's own path. To do something
again is legal, so are copies, turns of parallel branches, and what recovery does without a message."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from distviz.codes import Reason
from distviz.story.conformance.path import DECIDES, Path
from distviz.story.shapes import EventLike, PlanLike, goes_forward
from distviz.story.words.sentences import english

KEPT = ("commit", "prepared", "nothing")  # how a step ends of which something is kept, or nothing had to be done
ENDS = (*KEPT, "rollback", "failed")
_LEAVES = ("sent", "delayed", "parked", "lost")
_IS_ON_ITS_WAY = ("sent", "delayed", "delivered", "duplicated")
_DRIVES_ON = ("sweep", "operator")


@dataclass(frozen=True)
class Conformance:
    """`why` is the law that event `seq` breaks, the first one that breaks any; both are None for a legal log. So many
    events were `checked`: those after the first illegal one are not."""

    checked: int
    seq: int | None = None
    why: Reason | None = None

    @property
    def legal(self) -> bool:
        return self.why is None

    def as_dict(self) -> dict[str, Any]:
        first = {"seq": self.seq, "rule": self.why.code, "says": english(self.why)} if self.why else None
        return {"legal": self.legal, "first": first, "checked": self.checked}


def check(plan: PlanLike, events: Iterable[EventLike]) -> Conformance:
    """A log that goes on is legal as far as it has come."""
    past, checked = _Past(Path(plan)), 0
    for event in events:
        checked += 1
        data: dict[str, Any] = event.data if isinstance(event.data, dict) else {}
        why = next(past.against(event, data), None)
        if why:
            return Conformance(checked, event.seq, why)
        past.add(event, data)
    return Conformance(checked)


@dataclass
class _Past:
    """What has happened so far."""

    path: Path
    events: int = 0
    over: bool = False
    on_its_way: set[tuple[str, str]] = field(default_factory=set)  # messages: name, to
    received: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)  # in whatever way
    kept: set[str] = field(default_factory=set)
    open: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # steps: name, lane, span
    held: bool = False
    decision: str = ""
    forward: bool = False  # what the decision means
    driven_on: bool = False  # by a sweep or an operator: no message need set off what begins
    left_path: set[str] = field(default_factory=set)  # lanes that have given up, or looked up what was done

    def add(self, event: EventLike, data: dict[str, Any]) -> None:
        kind, phase, name = event.kind, event.phase, event.name
        self.events += 1
        self.over |= kind == "finished"
        self.held |= (kind, phase) == ("hold", "held")
        self.driven_on |= kind in _DRIVES_ON
        if kind == "message":
            self._add_message(event, data)
        elif kind == "step":
            self._add_step(event)
        elif (kind, phase) == ("retry", "exhausted"):
            self.left_path.add(event.lane)
        elif kind == "decision":
            self.decision, self.forward = name, goes_forward(event)

    def _add_message(self, event: EventLike, data: dict[str, Any]) -> None:
        if event.phase in _IS_ON_ITS_WAY:
            self.on_its_way.add((event.name, event.to or str(data.get("to") or "")))
        if event.phase == "received":
            self.received.add(event.name)

    def _add_step(self, event: EventLike) -> None:
        key = (event.name, event.lane, event.span_id)
        if event.phase == "begin":
            self.begun.add(event.name)
            self.open[key] += 1
        elif event.phase in ENDS:
            self.open[key] -= 1
            self.ended.add(event.name)
            if event.phase in KEPT:
                self.kept.add(event.name)
            if event.phase in KEPT and event.name not in self.path.names:
                self.left_path.add(event.lane)

    # --- the laws ----------------------------------------------------------------------------------------------------

    def against(self, event: EventLike, data: dict[str, Any]) -> Iterator[Reason]:
        """The laws that this event breaks."""
        kind, phase, name = event.kind, event.phase, event.name
        if self.over:
            yield Reason("law_end_once" if kind == "finished" else "law_after_end")
        if (kind == "request") != (self.events == 0):
            yield Reason("law_request_first")
        if kind == "message":
            yield from self._against_message(event, data)
        elif kind == "step" and phase == "begin":
            yield from self._against_begin(event, data)
        elif kind == "step" and phase in ENDS and self.open[name, event.lane, event.span_id] < 1:
            yield Reason.of("law_begin", step=name)
        elif (kind, phase) == ("hold", "released") and not self.held:
            yield Reason("law_held")
        elif kind == "decision":
            yield from self._against_decision(name, forward=goes_forward(event))
        elif kind == "finished":
            yield from self._against_end(name)

    def _against_message(self, event: EventLike, data: dict[str, Any]) -> Iterator[Reason]:
        name, phase = event.name, event.phase
        if phase == "received" and (name, event.lane) not in self.on_its_way:
            yield Reason.of("law_sent", message=name)
        if phase in _LEAVES and not self._may_leave(event, data):
            yield Reason.of("law_done", message=name, step=sorted(self.path.sources[name]))

    def _may_leave(self, event: EventLike, data: dict[str, Any]) -> bool:
        senders = self.path.sources.get(event.name)
        if not senders or senders & self.kept or event.lane in self.left_path:
            return True
        if data.get("form") == "reply" and self.path.answers[event.name] & self.ended:
            return True
        # What was kept is looked up; who was killed before its end was told has left none.
        if (data.get("redriven") or event.attempt > 1) and senders & self.begun:
            return True
        within = senders - self.path.triggers.keys()  # such as a relay, which publishes before it marks
        return any(count > 0 and name in within for (name, _lane, _span), count in self.open.items())

    def _against_begin(self, event: EventLike, data: dict[str, Any]) -> Iterator[Reason]:
        name, undone = event.name, str(data.get("compensates") or "")
        if undone and undone not in self.begun and name not in self.path.empty:
            yield Reason.of("law_compensates", step=undone)
        if name in self.path.decided and not self.forward and (self.decision or not self.driven_on):
            yield Reason.of("law_decided", step=name)
        if name in self.path.back and self.forward:
            yield Reason.of("law_against_decision", step=name, decision=self.decision)
        if not self._is_set_off(event):
            yield Reason.of("law_received", step=name, message=sorted(self.path.triggers[name]))
        before = self.path.after.get(name)
        if before and not before & self.begun:
            yield Reason.of("law_after", step=name, before=sorted(before))

    def _is_set_off(self, event: EventLike) -> bool:
        wanted = self.path.triggers.get(event.name)
        if not wanted or wanted & self.received:
            return True
        if event.attempt > 1 or self.driven_on or event.lane in self.left_path:
            return True
        if event.name in self.path.back and DECIDES in self.begun:  # who was late finds the decision itself
            return True
        # A step of the machinery, in nobody's span, finds by itself what has been committed.
        return not event.span_id and any(self.path.sources.get(one, set()) & self.begun for one in wanted)

    def _against_decision(self, name: str, *, forward: bool) -> Iterator[Reason]:
        if self.decision and self.decision != name:
            yield Reason.of("law_one_decision", first=self.decision)
        if DECIDES not in self.kept:
            yield Reason.of("law_decide", step=DECIDES)
        votes = self.path.triggers.get(DECIDES, set())  # two that come together are told as received in any order
        if forward and (missing := votes - {message for message, _to in self.on_its_way}):
            yield Reason.of("law_votes", message=sorted(missing))

    def _against_end(self, name: str) -> Iterator[Reason]:
        done = self.begun if self.driven_on else self.kept
        if name == "succeeded" and (missing := self.path.main - done):
            yield Reason.of("law_path", step=sorted(missing))
        if name == "compensated" and not self.path.back & done:
            yield Reason.of("law_given_back", step=sorted(self.path.back))
