"""What the lab hangs on the page: where it can be broken, which rows are shown, and who hears of a batch."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F

from distviz.money import text
from distviz.services.inbox import note_duplicate
from distviz.trace import context, steps
from distviz.trace.handlers import Place
from distviz.trace.models import Fault, Run
from distviz.trace.points import at_step
from distviz.trace.reasons import at_constraint
from distviz.trace.shared import Shared
from distviz.trace.statements import at_statement
from protocols.event_sourcing import projection
from protocols.event_sourcing.account import APPEND, READ
from protocols.event_sourcing.aggregate import EFFECT, LAST, Fact
from protocols.event_sourcing.projection import PROJECTOR

KEY = "event_sourcing"
for _constraint in ("events_version", "events_once"):  # another transaction has appended first
    at_constraint(_constraint, "version_conflict")
IN_BATCH = "projector.in_batch"
Rows = list[dict[str, Any]]

for _name in ("record", "complete", "give up"):
    at_step(KEY, _name, points=None)
at_step(KEY, "project", points="projector", before=(), within=IN_BATCH, after=())


# --- the event store ------------------------------------------------------------------------------------------------


def show(stream: str, facts: Iterable[Fact], *, found: bool = False) -> None:
    """Stored events in the picture. Shown again, after a process died before recording them, they count once."""
    for fact in facts:
        moved = EFFECT.get(fact.type, 0) * Decimal(fact.data["amount"])
        after = {"type": fact.type, **{name: value for name, value in fact.data.items() if name != "why"}}
        steps.changed("events", f"{stream}/{fact.version}", None, after, account=moved or None, found=found)


@at_statement(APPEND)
def _appended(place: Place, params: Mapping[str, Any], rows: Rows) -> None:
    show(params["stream"], [Fact.read(row) for row in rows])
    if rows[-1]["type"] in LAST:
        steps.becomes("catching_up")


@at_statement(READ)
def _loaded(place: Place, params: Mapping[str, Any], rows: Rows) -> None:
    """If nothing is appended, the store knew it already: the process that appended it may have died before recording
    it."""
    delivery, opened = context.current(), context.open_step()
    if delivery is None or opened is None:
        return

    def known() -> None:
        if not opened.changes:
            mine = [row for row in rows if row["withdrawal_id"] == params["id"]]
            show(params["stream"], [Fact.read(row) for row in mine], found=True)
            steps.afterwards(lambda: note_duplicate(type(delivery.of).__name__, 1))

    steps.closing(known)


# --- the projector's batch ------------------------------------------------------------------------------------------


@dataclass
class ProjectorPass(Shared):
    """One pass of the projector: for the run that asked for it, or for all."""

    min_age: float = 0  # seconds for which a pass for all leaves the events of a run that is to fail to that run
    after: int = 0  # the checkpoint before this batch
    read: int = 0  # events of this batch
    projected: int = 0  # events of this pass


def pass_for(asking: context.Delivery | None, min_age: float = 0) -> ProjectorPass:
    return ProjectorPass.by(asking, protocol=KEY, lane=PROJECTOR.lane, service=PROJECTOR.queue, min_age=min_age)


def to_fail(run_ids: Iterable[str | None]) -> set[str]:
    """The runs that are still open and want something to go wrong in their batch."""
    ids = [run_id for run_id in run_ids if run_id]
    wanted = Fault.objects.filter(run_id__in=ids, run__finished_at=None, at=IN_BATCH, fired__lt=F("times"))
    return {str(run_id) for run_id in wanted.values_list("run_id", flat=True)}


@at_statement(projection.READ)
def _read(place: Place, params: Mapping[str, Any], rows: Rows) -> None:
    batch = context.current()
    if not isinstance(batch, ProjectorPass):
        return
    _leave_to_others(batch, rows)
    batch.after, batch.read = params["after"], len(rows)
    batch.concerns({row["withdrawal_id"] for row in rows if row["withdrawal_id"]}, _status)
    batch.then = {row["withdrawal_id"]: "running" for row in rows if row["type"] in LAST}  # it has caught up


def _status(run: Run) -> str | None:
    return "catching_up" if run.ending else None


def _leave_to_others(batch: ProjectorPass, rows: Rows) -> None:
    """A run's failures are its own: they happen in the passes that it asked for. The batch ends before the events of
    another one that is to fail, unless that one has had its time."""
    others = to_fail(row["withdrawal_id"] for row in rows) - {batch.run_id}
    if rows and rows[0]["withdrawal_id"] in others and not batch.run_id and _is_old(rows[0]["position"], batch.min_age):
        others.remove(rows[0]["withdrawal_id"])
    first = next((number for number, row in enumerate(rows) if row["withdrawal_id"] in others), len(rows))
    del rows[first:]


def _is_old(position: int, age: float) -> bool:
    sql = "SELECT 1 FROM events WHERE position = %(p)s AND at <= clock_timestamp() - %(age)s * interval '1 second'"
    return bool(PROJECTOR.ask(sql, {"p": position, "age": age}))


@at_statement(projection.ADD_HISTORY)
def _moved(place: Place, params: Mapping[str, Any], rows: Rows) -> None:
    """To each run its own lines."""
    batch = context.current()
    if not isinstance(batch, ProjectorPass):
        return
    for line in json.loads(params["rows"]):
        balance, delta = Decimal(line["balance"]), Decimal(line["delta"])
        view = {"balance": text(balance - delta)}, {"balance": text(balance)}
        batch.rows[line["withdrawal_id"] or ""] += [
            _change(f"balance_view/{line['account']}", *view),
            _change(f"history_view/{line['position']}", None, {"type": line["type"], "delta": text(delta)}),
        ]


@at_statement(projection.MOVE)
def _checkpoint(place: Place, params: Mapping[str, Any], rows: Rows) -> None:
    batch = context.current()
    if isinstance(batch, ProjectorPass):
        moved = _change("checkpoint", {"position": batch.after}, {"position": params["position"]})
        batch.for_all.append(moved)
        steps.afterwards(lambda: _done(batch))


def _done(batch: ProjectorPass) -> None:
    batch.projected += batch.read


def _change(row: str, before: dict[str, Any] | None, after: dict[str, Any]) -> dict[str, Any]:
    return {"store": "read_model", "row": row, "before": before, "after": after}
