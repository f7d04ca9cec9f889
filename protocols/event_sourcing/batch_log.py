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


def failing(run_ids: Iterable[str]) -> set[str]:
    """The runs that are still open and want something to go wrong in their batch."""
    wanted = Fault.objects.filter(run__in=list(run_ids), run__finished_at=None, at=POINT, fired__lt=F("times"))
    return {str(run_id) for run_id in wanted.values_list("run_id", flat=True)}


class Story:
    """One batch, from its BEGIN to its COMMIT or ROLLBACK.

    The run whose pass it is hears of it as it happens and waits for it. The others hear of it once it is done: they may
    end meanwhile, and a failure in here is none of theirs.
    """

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.mine: context.Delivery | None = None
        self.begun: int | None = None
        self.others: list[str] = []
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

    def begins(self, run_ids: set[str]) -> None:
        """Now it is known whose events these are. A run that is over has had its last entry."""
        for run in Run.objects.filter(pk__in=run_ids, finished_at=None).only("id", "ending"):
            if str(run.pk) != self.run_id:
                self.others.append(str(run.pk))
            elif mine := context.current():
                mine.service, self.mine = PROJECTOR.queue, mine
                status = "catching_up" if run.ending else None
                self.begun = self._log(self.run_id, "begin", caused_by=mine.cause, status=status)

    def breaks(self) -> None:
        """What was switched on for this run happens here: the views are written and nothing is committed."""
        if self.mine is None:
            return
        cause, self.mine.cause = self.mine.cause, self.begun
        try:
            faults.fire([POINT], PROJECTOR.locks)
        finally:
            self.mine.cause = cause

    def tell(self, after: int, rows: list[Row], history: list[Entry]) -> None:
        """To each run its own part of what is committed now."""
        self.committed = True
        self._statements.statements.append("COMMIT")
        changes: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for entry in history:
            changes[entry.withdrawal_id or ""] += _shown(entry)
        over = {row[4] for row in rows if row[3] in LAST}
        moved = _change("checkpoint", {"position": after}, {"position": rows[-1][0]})
        begun = {run_id: self._log(run_id, "begin") for run_id in self.others}
        if self.mine:
            begun[self.run_id] = self.begun
        for run_id, begin in begun.items():
            status = "running" if run_id in over else None  # it has caught up
            mine = [*changes[run_id], moved]
            done = self._log(run_id, "commit", caused_by=begin, status=status, changes=mine, told=True)
            if self.mine and run_id == self.run_id:
                self.mine.cause = done or self.mine.cause

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and self.mine and not self.committed:
            self._statements.statements.append("ROLLBACK")
            why = f"{type(error).__name__}: {error}"
            self._log(self.run_id, "rollback", caused_by=self.begun, error=why, told=True)

    def _log(self, run_id: str, phase: str, *, told: bool = False, **more: Any) -> int | None:
        mine = self.mine if run_id == self.run_id else None
        return log.append(
            run_id,
            lane=PROJECTOR.lane,
            kind="step",
            name=STEP,
            phase=phase,
            attempt=mine.attempt if mine else 1,
            span_id=mine.span_id if mine else "",
            statements=[_short(statement) for statement in self._statements.statements] if told else [],
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
