"""Two runs of one protocol are compared by what happened, and not by when."""

from types import SimpleNamespace
from typing import Any

from distviz.dashboard.race import shapes
from tests.support.made_up_run import Log, drawn


def board(log: Log, protocol: str = "saga", *, over: bool = True) -> Any:
    rows = drawn(log).rows
    return SimpleNamespace(protocol=SimpleNamespace(key=protocol), events=log.events, all_rows=rows, over=over)


def good(wait_ms: int = 10) -> Log:
    log = Log().sent("api", "account", "WithdrawalRequested")
    log("account", "message", "received", "WithdrawalRequested", wait_ms=wait_ms)
    return log.deducted().step("payment", "charge").finished("succeeded", "consistent")


def refused() -> Log:
    log = Log().sent("api", "account", "WithdrawalRequested")
    log("account", "message", "received", "WithdrawalRequested")
    log.deducted()("payment", "step", "begin", "charge")("payment", "step", "rollback", "charge")
    return log.step("account", "refund").finished("compensated", "consistent")


def test_two_runs_that_differ_in_time_alone_have_the_same_shape() -> None:
    shape = shapes.compared([board(good()), board(good(wait_ms=5000))])
    assert shape
    assert shape.alike
    assert shape.parts_at is None
    (stretch,) = shape.stretches
    assert stretch.took[1] - stretch.took[0] == 4990


def test_where_they_part_is_told_from_both_sides() -> None:
    shape = shapes.compared([board(good()), board(refused())])
    assert shape
    assert not shape.alike
    same, *rest = shape.stretches
    assert (same.alike, len(same.left), len(same.right)) == (True, 6, 6)
    assert shape.parts_at
    assert shape.parts_at.seq == 7
    names = {(row.name, row.phase) for stretch in rest if not stretch.alike for row in stretch.right}
    assert {("charge", "rollback"), ("refund", "commit"), ("compensated", "compensated")} <= names


def test_nothing_is_compared_that_cannot_be() -> None:
    assert shapes.compared([board(good())]) is None
    assert shapes.compared([board(good()), board(good(), "outbox")]) is None
    assert shapes.compared([board(good()), board(good(), over=False)]) is None
    assert shapes.compared([]) is None
