"""The table of promises: well formed, and judged by what a run did."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from distviz.dashboard.promises import table
from distviz.errors import NotFound
from distviz.trace import faults
from distviz.trace.models import Run
from protocols import registry
from protocols.promises import LOST, OK, OPENING


def ended(status: str, verdict: str, *, amount: str = "100.00", **money: str) -> Run:
    run = Run(protocol="saga", account="alice", amount=Decimal(amount), status=status, verdict=verdict)
    run.money = {f"row:{what}": {what: value} for what, value in money.items()}
    run.finished_at = datetime.now(UTC)
    return run


def test_every_row_can_be_switched_on_and_is_there_once() -> None:
    rows = registry.promises()
    assert len({row.faults for row in rows}) == len(rows)
    for row in rows:
        asked: list[dict[str, Any]] = [vars(spec) for spec in table.specs(row.faults)]
        assert tuple(faults.parse(asked)) == table.specs(row.faults)
        assert row.cells


def test_what_is_taken_and_paid_agrees_with_the_verdict() -> None:
    for row in registry.promises():
        for cell in row.cells.values():
            paid = cell.payments * Decimal("100.00")
            assert (cell.taken == paid) == (cell.verdict == "consistent"), row.faults
            assert Decimal(cell.balance) == OPENING - cell.taken


def test_a_promise_is_kept_by_any_amount() -> None:
    assert table.judge(ended("succeeded", "consistent", account="-100.00", paid="100.00"), OK).holds
    assert table.judge(ended("succeeded", "consistent", amount="7.50", account="-7.50", paid="7.50"), OK).holds
    assert table.judge(ended("inconsistent", "money_lost", account="-100.00"), LOST).holds


def test_a_broken_promise_names_what_is_wrong() -> None:
    proof = table.judge(ended("inconsistent", "money_lost", account="-100.00"), OK)
    assert proof.holds is False
    assert proof.why == "status Inconsistent, verdict Money lost, $0.00 paid"


def test_a_run_in_progress_proves_nothing_yet() -> None:
    run = ended("running", "consistent")
    run.finished_at = None
    assert table.judge(run, OK).holds is None


def test_nothing_is_started_that_is_not_in_the_table() -> None:
    with pytest.raises(NotFound):
        table.find("payment.in_tx:crash:98", "saga")
    with pytest.raises(NotFound):
        table.find("", "nonsense")


def line(*cells: table.ShownCell) -> table.FailureLine:
    return table.FailureLine("", (), cells)


def test_only_what_is_broken_and_only_one_protocol_can_be_shown() -> None:
    kept = table.CellRun(ended("succeeded", "consistent"), holds=True)
    lost = table.CellRun(ended("inconsistent", "money_lost"), holds=False)
    good = line(table.ShownCell("saga", OK, kept), table.ShownCell("outbox", OK, kept))
    bad = line(table.ShownCell("saga", OK, kept), table.ShownCell("outbox", OK, lost))
    nothing = line(table.ShownCell("saga", None, None), table.ShownCell("outbox", OK, None))
    assert table.narrowed([good, bad], ["saga", "outbox"], broken=True) == [bad]
    assert table.narrowed([good, bad], ["saga"], broken=True) == []
    (only,) = table.narrowed([good, nothing], ["saga"], broken=False)
    assert [cell.protocol for cell in only.cells] == ["saga"]
