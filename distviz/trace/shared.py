"""A step that is done for several runs at once, such as a batch: each of them that is still open has it in its log."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from distviz.trace import writing
from distviz.trace.context import Delivery
from distviz.trace.log_events import Cause, number
from distviz.trace.models import Run

SHORT = 400  # characters of a statement: a large batch is not copied into the log of each of its runs


@dataclass
class Shared(Delivery):
    """In whose name such a step is done, `with context.handling(Shared.by(delivery))`.

    The run that asked for it (if one did) hears of it as it happens, and its faults are met there. The others hear of
    it once it is committed: they may end meanwhile, and a failure in there is none of theirs.
    """

    asking: Delivery | None = None
    others: list[str] = field(default_factory=list)
    rows: dict[str, list[Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    for_all: list[Mapping[str, Any]] = field(default_factory=list)
    then: dict[str, str] = field(default_factory=dict)  # the status of a run once it is committed

    @classmethod
    def by(cls, asking: Delivery | None, *, protocol: str, lane: str, service: str, **more: Any) -> Self:
        """`service` is whose process this is."""
        run_id = asking.run_id if asking else ""
        mid = asking.mid if asking else ""
        return cls(run_id, protocol, lane, mid=mid, service=service, asking=asking, **more)

    def concerns(self, run_ids: Iterable[str], status: Callable[[Run], str | None]) -> None:
        """Now it is known whose step this is. A run that is over has had its last event."""
        for run in Run.objects.filter(pk__in=list(run_ids), finished_at=None).only("id", "ending"):
            if str(run.pk) != self.run_id:
                self.others.append(str(run.pk))
            elif self.asking and self.step:
                self.faults = self.asking.faults
                self.step.begun = self._to_asking("begin", status=status(run), **self.step.data)

    def tell(self, kind: str, phase: str, name: str = "", **details: Any) -> int | None:
        """What `step` tells goes to each run, its own part of it; everything else to the run that asked."""
        if kind != "step":
            return self._forward(kind, phase, name, **{"cause": self._begun, **details})
        if phase == "begin":
            self.faults, self.others, self.for_all = [], [], []
            self.rows.clear()
            self.then.clear()
            return None
        details["statements"] = [short(statement) for statement in details.get("statements", ())]
        if phase == "rollback":
            return self._to_asking(phase, cause=self._begun, **details) if self._begun else None
        return self._to_each(phase, name, details)

    def gather(self, kind: str, phase: str, name: str = "", **details: Any) -> Cause:
        return self.tell(kind, phase, name, **details)

    def _to_each(self, phase: str, name: str, details: dict[str, Any]) -> int | None:
        others = {run_id: Delivery(run_id, self.protocol, self.lane, gathers=True) for run_id in self.others}
        data = self.step.data if self.step else {}
        begun = {run_id: other.gather("step", "begin", name, **data) for run_id, other in others.items()}
        for run_id, other in others.items():
            other.gather("step", phase, name, cause=begun[run_id], **details | self._part(run_id))
        writing.write_each({run_id: other.to_write() for run_id, other in others.items()})
        if self.asking is None or not self._begun:
            return None
        done = self._to_asking(phase, cause=self._begun, **details | self._part(self.run_id))
        self.asking.cause = done or self.asking.cause
        return done

    def _part(self, run_id: str) -> dict[str, Any]:
        return {"changes": [*self.rows[run_id], *self.for_all], "status": self.then.get(run_id)}

    @property
    def _begun(self) -> int | None:
        return number(self.step.begun) if self.step else None

    def _to_asking(self, phase: str, **details: Any) -> int | None:
        return self._forward("step", phase, self.step.name if self.step else "", **details)

    def _forward(self, kind: str, phase: str, name: str, **details: Any) -> int | None:
        if self.asking is None:
            return None
        self.asking.lines += self.lines_so_far()
        return self.asking.tell(kind, phase, name, **details)


def short(statement: str) -> str:
    """As much of it as each of many runs has in its log."""
    return statement if len(statement) <= SHORT else f"{statement[:SHORT]} …"
