"""How a batch of the projector is told: it has the events of many runs, and each of them that is still open gets it as
a step of its own log. `step` tells the work of one run; this tells the same work to several."""

from collections import defaultdict
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from django.db.models import F

from distviz.money import text
from distviz.trace import context, faults, log
from distviz.trace.models import Fault, Run
from protocols.event_sourcing.events import LAST
from protocols.event_sourcing.places import PROJECTOR
from protocols.event_sourcing.views import Entry, Row

STEP = "project"
POINT = "projector.in_batch"
SHORT = 400  # characters of a statement: a large batch is not copied into the log of each of its runs

faults.know_point(POINT, faults.AFTER_ACTIONS)  # a fact cannot be declined, only not be shown yet

Failing = dict[str, list[context.FaultRef]]


def failing(run_ids: Iterable[str]) -> Failing:
    """The runs that are still open and want something to go wrong in their batch."""
    found: Failing = defaultdict(list)
    wanted = Fault.objects.filter(run__in=list(run_ids), run__finished_at=None, at=POINT, fired__lt=F("times"))
    for fault in wanted:
        found[str(fault.run_id)].append(context.FaultRef(fault.pk, fault.at, fault.do, fault.times, fault.ms))
    return found


class Story:
    """One batch, from its BEGIN to its COMMIT or ROLLBACK."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.begun: list[tuple[context.Delivery, int | None]] = []
        self.others: list[context.Delivery] = []
        self.committed = False
        self._statements = context.OpenStep(STEP, (), None, statements=["BEGIN"])
        self._scribe = context.Delivery(run_id, "event_sourcing", PROJECTOR.lane, step=self._statements)

    def run(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        """Run a statement of the batch; it is shown to everybody in it."""
        token = context.enter(self._scribe)
        try:
            return PROJECTOR.run(sql, **params)
        finally:
            context.leave(token)

    def begins(self, run_ids: Iterable[str], failing: Failing) -> None:
        """Now it is known whose events these are. A run that is over has had its last entry.

        Whose pass this is, and who is to fail, hears of it at once; the others once it is done: they may end meanwhile,
        and a failure in here is none of theirs.
        """
        for run in Run.objects.filter(pk__in=list(run_ids), finished_at=None):
            mine = context.current() if str(run.pk) == self.run_id else None
            delivery = mine or context.Delivery(
                run_id=str(run.pk),
                protocol=run.protocol,
                lane=PROJECTOR.lane,
                faults=failing.get(str(run.pk), []),
            )
            delivery.service = PROJECTOR.queue
            if mine or delivery.faults:
                status = "catching_up" if run.ending else None
                self.begun.append((delivery, self._log(delivery, "begin", caused_by=delivery.cause, status=status)))
            else:
                self.others.append(delivery)

    def breaks(self) -> None:
        """What was switched on for these runs happens here: the views are written and nothing is committed."""
        for delivery, begun in self.begun:
            cause = delivery.cause
            token = context.enter(delivery)
            try:
                delivery.cause = begun or cause
                faults.fire([POINT], PROJECTOR.locks)
            finally:
                delivery.cause = cause
                context.leave(token)

    def tell(self, after: int, rows: list[Row], history: list[Entry]) -> None:
        """To each run its own part of what is committed now."""
        self.committed = True
        self._statements.statements.append("COMMIT")
        changes: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for entry in history:
            changes[entry.withdrawal_id or ""] += _shown(entry)
        over = {row[4] for row in rows if row[3] in LAST}
        moved = _change("checkpoint", {"position": after}, {"position": rows[-1][0]})
        for delivery, begun in [*self.begun, *((other, self._log(other, "begin")) for other in self.others)]:
            status = "running" if delivery.run_id in over else None  # it has caught up
            mine = [*changes[delivery.run_id], moved]
            done = self._log(delivery, "commit", caused_by=begun, status=status, changes=mine, told=True)
            if delivery.run_id == self.run_id:
                delivery.cause = done or delivery.cause

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not self.committed:
            self._statements.statements.append("ROLLBACK")
            why = f"{type(error).__name__}: {error}"
            for delivery, begun in self.begun:
                self._log(delivery, "rollback", caused_by=begun, error=why, told=True)

    def _log(self, delivery: context.Delivery, phase: str, *, told: bool = False, **more: Any) -> int | None:
        statements = [_short(statement) for statement in self._statements.statements] if told else []
        return log.append(
            delivery.run_id,
            lane=PROJECTOR.lane,
            kind="step",
            name=STEP,
            phase=phase,
            attempt=delivery.attempt,
            span_id=delivery.span_id,
            statements=statements,
            data={"point": "projector"},
            **more,
        )


def _shown(entry: Entry) -> list[dict[str, Any]]:
    before, after = {"balance": text(entry.balance - entry.delta)}, {"balance": text(entry.balance)}
    line = {"type": entry.type, "delta": text(entry.delta)}
    return [
        _change(f"balance_view/{entry.account}", before, after),
        _change(f"history_view/{entry.position}", None, line),
    ]


def _change(row: str, before: dict[str, Any] | None, after: dict[str, Any]) -> dict[str, Any]:
    return {"store": "read_model", "row": row, "before": before, "after": after}


def _short(statement: str) -> str:
    return statement if len(statement) <= SHORT else f"{statement[:SHORT]} …"
