"""`/promises/`: each cell of the table in words, and the newest real run that tells whether it holds."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connections
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from distviz.codes import Reason
from distviz.errors import NotFound
from distviz.runs.evidence import IS_EVIDENCE
from distviz.story.words import changes
from distviz.story.words.sentences import say
from distviz.trace.faults import FaultSpec
from distviz.trace.models import Run
from protocols import registry
from protocols.promises import AMOUNT, Cell, PromiseRow

RECENT = 20_000  # faults; older runs are left to the list of runs
LOOKED_AT = 12  # runs of one cell

# The newest run of each protocol with exactly these faults that is evidence: which faults a run has is written as the
# table writes it. Only so many of each are looked at.
_NEWEST = f"""
SELECT DISTINCT ON (r.protocol, r.faults) r.protocol, r.faults, r.id FROM (
    SELECT runs.*, f.faults, row_number() OVER (
        PARTITION BY runs.protocol, f.faults ORDER BY runs.created_at DESC, runs.id DESC) AS place
    FROM (
        SELECT run_id, array_agg(at || ':' || "do" || ':' || times || ':' || ms ORDER BY at, "do", times, ms) AS faults
        FROM run_faults WHERE id > (SELECT max(id) FROM run_faults) - %(recent)s GROUP BY run_id) f
    JOIN runs ON runs.id = f.run_id
) r WHERE r.place <= %(looked_at)s AND {IS_EVIDENCE}
ORDER BY r.protocol, r.faults, r.created_at DESC, r.id DESC
"""
_PLAIN = f"""
SELECT r.id FROM runs r WHERE r.protocol = %(protocol)s AND {IS_EVIDENCE}
    AND NOT EXISTS (SELECT 1 FROM run_faults f WHERE f.run_id = r.id)
ORDER BY r.created_at DESC, r.id DESC LIMIT 1
"""


@dataclass(frozen=True)
class CellRun:
    """A real run of a cell. `holds` is None while it is not over."""

    run: Run
    holds: bool | None
    wrong: tuple[Reason, ...] = ()

    @property
    def why(self) -> str:
        """What is not as it was promised."""
        return ", ".join(say(reason) for reason in self.wrong)


@dataclass(frozen=True)
class ShownCell:
    """One cell of the page."""

    protocol: str
    cell: Cell | None
    proof: CellRun | None

    @property
    def broken(self) -> bool:
        """Whether its newest run did not keep it."""
        return self.proof is not None and self.proof.holds is False

    @property
    def money(self) -> str:
        assert self.cell
        return _("nothing deducted") if not self.cell.taken else f"−{changes.dollars(self.cell.taken)}"

    @property
    def paid(self) -> str:
        assert self.cell
        n = self.cell.payments
        return ngettext("paid once", "paid %(n)s times", n) % {"n": n} if n else _("not paid")

    @property
    def notified(self) -> str:
        assert self.cell
        words = {"withdrawn": _("notified of the withdrawal"), "refunded": _("notified of the refund")}
        return ", ".join(words.get(kind, kind) for kind in self.cell.notifications) or _("not notified")


@dataclass(frozen=True)
class FailureLine:
    """One row of the page."""

    faults: str
    specs: tuple[FaultSpec, ...]
    cells: tuple[ShownCell, ...]


def specs(faults: str) -> tuple[FaultSpec, ...]:
    """`payment.in_tx:crash:99` → the fault; the table's own spelling, so nothing is checked here."""
    made = []
    for text in faults.split():
        at, do, *numbers = text.split(":")
        made.append(FaultSpec(at, do, **dict(zip(("times", "ms"), map(int, numbers), strict=False))))
    return tuple(made)


def find(faults: str, protocol: str) -> tuple[PromiseRow, Cell]:
    """The cell that is to be proved. Raises NotFound: nothing that is not in the table is started."""
    for row in registry.promises():
        if row.faults == faults and protocol in row.cells:
            return row, row.cells[protocol]
    raise NotFound("no_such_guarantee")


def lines(protocols: Iterable[str]) -> list[FailureLine]:
    """The table for these protocols, each cell with its newest run."""
    keys = list(protocols)
    newest = _newest_runs(keys)
    made = []
    for row in registry.promises():
        wanted = specs(row.faults)
        shown = []
        for key in keys:
            cell, run = row.cells.get(key), newest.get((key, _signature(wanted)))
            shown.append(ShownCell(key, cell, judge(run, cell) if cell and run else None))
        made.append(FailureLine(row.faults, wanted, tuple(shown)))
    return made


def narrowed(found: Iterable[FailureLine], protocols: Collection[str], *, broken: bool) -> list[FailureLine]:
    """The rows that have something to say about these protocols; with `broken` those with a promise not kept."""
    made = [replace(line, cells=tuple(cell for cell in line.cells if cell.protocol in protocols)) for line in found]
    return [line for line in made if any(cell.broken if broken else cell.cell for cell in line.cells)]


def judge(run: Run, cell: Cell) -> CellRun:
    """Does this run keep the promise? In proportion to its amount: any sum proves it."""
    if run.finished_at is None and run.status != "needs_attention":
        return CellRun(run, None)
    taken, paid = -run.moved("account"), run.moved("paid")
    wrong = []
    if run.status != cell.status:
        wrong.append(Reason.of("another_status", status=run.status))
    if run.verdict_now != cell.verdict:
        wrong.append(Reason.of("another_verdict", verdict=run.verdict_now))
    if taken * AMOUNT != cell.taken * run.amount:
        wrong.append(Reason.of("another_deduction", amount=taken))
    if paid != cell.payments * run.amount:
        wrong.append(Reason.of("another_payment", amount=paid))
    return CellRun(run, not wrong, tuple(wrong))


def _signature(wanted: Iterable[FaultSpec]) -> tuple[str, ...]:
    return tuple(sorted(f"{f.at}:{f.do}:{f.times}:{f.ms}" for f in wanted))


def _newest_runs(keys: list[str]) -> Mapping[tuple[str, tuple[str, ...]], Run]:
    ids: dict[tuple[str, tuple[str, ...]], UUID] = {}
    with connections["default"].cursor() as cursor:
        cursor.execute(_NEWEST, {"recent": RECENT, "looked_at": LOOKED_AT})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        ids |= {(protocol, tuple(sorted(faults))): run for protocol, faults, run in rows}
        for key in keys:
            cursor.execute(_PLAIN, {"protocol": key})
            if row := cursor.fetchone():
                ids[key, ()] = row[0]
    wanted = {_signature(specs(row.faults)) for row in registry.promises()}
    ids = {place: run for place, run in ids.items() if place[1] in wanted}
    runs = Run.objects.in_bulk(list(ids.values()))
    return {place: runs[run] for place, run in ids.items() if run in runs}
