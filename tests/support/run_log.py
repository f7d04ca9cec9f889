"""The run log in memory: what was told, in order, where a test needs no database."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from distviz.trace import context, log


class Told(list[dict[str, Any]]):
    """Every event that was appended. Each gets the next number, as from the database."""

    def event(self, run_id: object, fact: log.Fact, effect: log.Effect = log.NONE) -> int:
        self.append({"run": str(run_id), "seq": len(self) + 1, **vars(fact), **vars(effect)})
        return len(self)

    def brief(self) -> list[tuple[str, str, str]]:
        return [(event["kind"], event["phase"], event["name"]) for event in self]

    def query(self, sql: str, params: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Whatever else is asked of the run log: every fault still has a shot."""
        return (1, "on") if "run_faults" in sql else None


def in_memory(patch: pytest.MonkeyPatch) -> Told:
    told = Told()
    patch.setattr(log, "append", told.event)
    patch.setattr(log, "query", told.query)
    return told


def delivery(lane: str = "payment", faults: Iterable[str] = (), **more: Any) -> context.Delivery:
    """One that handles a message of a saga; faults as `payment.in_tx:error`."""
    given = [context.FaultRef(number, *fault.split(":"), 1, 0) for number, fault in enumerate(faults)]  # type: ignore[arg-type]
    about: dict[str, Any] = {"protocol": "saga", "lane": lane, "cause": 7, "span_id": "ab", "attempt": 2}
    return context.Delivery("00000000-0000-0000-0000-000000000007", **{**about, **more}, faults=given)
