"""The run log in memory: what was recorded, in order, where a test needs no database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pytest

from distviz.trace import context, log, writing
from distviz.trace.log_events import Completion, FirstDelivery, PendingEvent, RunStanding, number


class Recorded(list[dict[str, Any]]):
    """Every event that was appended. Each gets the next number, as from the database."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[str]] = []  # the phases that one statement wrote

    def write(
        self,
        run_id: object,
        events: Sequence[PendingEvent],
        *,
        first: FirstDelivery | None = None,
        completion: Completion | None = None,
    ) -> RunStanding:
        for one in events:
            one.seq, about = len(self) + 1, {"run": str(run_id), "caused_by": number(one.cause)}
            self.append({**about, "seq": one.seq, **vars(one.event), **vars(one.effect)})
        self.batches.append([one.event.phase for one in events] + (["completed"] if completion else []))
        return RunStanding(len(self), 0, "", False)

    def write_each(self, stories: Mapping[str, Sequence[PendingEvent]]) -> None:
        before = len(self.batches)
        for run_id, events in stories.items():
            self.write(run_id, events)
        self.batches[before:] = [[phase for batch in self.batches[before:] for phase in batch]]

    def brief(self) -> list[tuple[str, str, str]]:
        return [(event["kind"], event["phase"], event["name"]) for event in self]

    def query(self, sql: str, params: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Whatever else is asked of the run log: every fault still has a shot."""
        return (1, "on") if "run_faults" in sql else None


def heard(patch: pytest.MonkeyPatch, hear: Callable[[str, PendingEvent], object]) -> None:
    """Call this with (run, pending event) for each event instead of writing it. All get the number 1."""

    def write(run_id: object, events: Sequence[PendingEvent], **_more: Any) -> RunStanding:
        for one in events:
            one.seq = 1
            hear(str(run_id), one)
        return RunStanding(1, 0, "", False)

    patch.setattr(writing, "write", write)
    patch.setattr(writing, "write_each", lambda stories: [write(*story) for story in stories.items()])


def in_memory(patch: pytest.MonkeyPatch) -> Recorded:
    recorded = Recorded()
    patch.setattr(writing, "write", recorded.write)
    patch.setattr(writing, "write_each", recorded.write_each)
    patch.setattr(log, "query", recorded.query)
    return recorded


def delivery(lane: str = "payment", faults: Iterable[str] = (), **more: Any) -> context.Delivery:
    """One that handles a message of a saga; faults as `payment.in_tx:error`."""
    given = [context.FaultRef(number, *fault.split(":"), 1, 0) for number, fault in enumerate(faults)]  # type: ignore[arg-type]
    about: dict[str, Any] = {"protocol": "saga", "lane": lane, "cause": 7, "span_id": "ab", "attempt": 2}
    return context.Delivery("00000000-0000-0000-0000-000000000007", **{**about, **more}, faults=given)
