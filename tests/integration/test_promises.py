"""The fault matrix: protocol × failure → status, verdict, balance, payments, notifications, told by the databases."""

import itertools
from collections.abc import Callable

import pytest

from tests.support.checks import check_log, completed
from tests.support.stack import Stack

OK = ("succeeded", "consistent", "900.00", 1, ["withdrawn"])
NO = ("declined", "consistent", "1000.00", 0, [])
GONE = ("failed", "consistent", "1000.00", 0, [])
COMPENSATED = ("compensated", "consistent", "1000.00", 0, ["refunded"])
LOST = ("inconsistent", "money_lost", "900.00", 0, [])
GHOST = ("inconsistent", "consistent", "900.00", 1, [])
TWICE = ("inconsistent", "money_lost", "900.00", 2, ["withdrawn"])

# What is switched on, and what becomes of it:       monolith  dual_write  saga
MATRIX: list[tuple[str, dict[str, object]]] = [
    ("", {"monolith": OK, "dual_write": OK, "saga": OK}),
    ("payment.in_tx:decline", {"monolith": NO, "dual_write": LOST, "saga": COMPENSATED}),
    ("account.in_tx:decline", {"monolith": NO, "dual_write": NO, "saga": NO}),
    ("payment.before_tx:error:2", {"monolith": OK, "dual_write": LOST, "saga": OK}),
    ("payment.in_tx:error:2", {"monolith": OK, "dual_write": LOST, "saga": OK}),
    ("payment.in_tx:error:99", {"monolith": GONE, "dual_write": LOST, "saga": COMPENSATED}),
    ("account.in_tx:error:99", {"monolith": GONE, "dual_write": GONE, "saga": GONE}),
    ("payment.after_commit:error", {"monolith": OK, "dual_write": GHOST, "saga": OK}),
    ("account.after_commit:error", {"monolith": OK, "dual_write": LOST, "saga": OK}),
    ("account.before_tx:crash", {"monolith": OK, "dual_write": GONE, "saga": OK}),
    ("account.in_tx:crash", {"monolith": OK, "dual_write": GONE, "saga": OK}),
    ("account.after_commit:crash", {"monolith": OK, "dual_write": LOST, "saga": OK}),
    ("payment.before_tx:crash", {"monolith": OK, "dual_write": LOST, "saga": OK}),
    ("payment.in_tx:crash", {"monolith": OK, "dual_write": LOST, "saga": OK}),
    ("payment.after_commit:crash", {"monolith": OK, "dual_write": GHOST, "saga": OK}),
    ("payment.in_tx:crash:99", {"monolith": GONE, "dual_write": LOST, "saga": COMPENSATED}),
    ("notification.after_commit:crash", {"monolith": OK, "dual_write": OK, "saga": OK}),
    ("payment.in_tx:delay:1:700", {"monolith": OK, "dual_write": OK, "saga": OK}),
    ("message.MoneyDeducted:drop", {"monolith": OK, "dual_write": LOST, "saga": OK}),
    ("message.MoneyDeducted:duplicate", {"monolith": OK, "dual_write": TWICE, "saga": OK}),
    ("message.MoneyDeducted:delay:1:500", {"monolith": OK, "dual_write": OK, "saga": OK}),
    ("message.MoneyDeducted:reorder:1:500", {"monolith": OK, "dual_write": OK, "saga": OK}),
    ("message.WithdrawalRequested:drop", {"monolith": OK, "saga": OK}),
    ("message.WithdrawalRequested:duplicate", {"monolith": OK, "saga": OK}),
    ("message.PaymentProcessed:drop", {"dual_write": GHOST, "saga": OK}),
    ("message.PaymentProcessed:duplicate", {"saga": OK}),
    ("message.CustomerNotified:drop", {"saga": OK}),
    ("payment.in_tx:decline message.PaymentFailed:drop", {"saga": COMPENSATED}),
    ("payment.in_tx:decline message.PaymentFailed:duplicate", {"saga": COMPENSATED}),
    ("payment.in_tx:decline message.MoneyRefunded:drop", {"saga": COMPENSATED}),
    ("payment.in_tx:decline refund.in_tx:error:2", {"saga": COMPENSATED}),
    ("payment.in_tx:decline refund.in_tx:crash", {"saga": COMPENSATED}),
    ("payment.in_tx:decline refund.after_commit:crash", {"saga": COMPENSATED}),
]
CELLS = [(protocol, faults, ends) for faults, row in MATRIX for protocol, ends in row.items()]


@pytest.fixture(scope="module")
def started(stack: Stack) -> dict[tuple[str, str], tuple[str, str]]:
    """Every cell's run, all started at once: (protocol, faults) → (run, account). Their failures must not meet."""
    numbers = itertools.count(1)
    accounts = {(protocol, faults): f"account-{next(numbers) + 200}" for protocol, faults, _ in CELLS}
    return {
        (protocol, faults): (stack.withdraw(protocol, name, *faults.split()), name)
        for (protocol, faults), name in accounts.items()
    }


@pytest.mark.parametrize(("protocol", "faults", "ends"), CELLS, ids=[f"{p} {f or 'fine'}" for p, f, _ in CELLS])
def test_ends_as_the_matrix_says(
    stack: Stack,
    started: dict[tuple[str, str], tuple[str, str]],
    protocol: str,
    faults: str,
    ends: tuple[object, ...],
) -> None:
    run_id, name = started[protocol, faults]
    run = stack.ended(run_id)
    status, verdict, balance, payments, notifications = ends
    assert (run["status"], run["verdict"]) == (status, verdict), run
    assert stack.balance(protocol, name) == balance
    if protocol != "monolith":
        assert completed(stack, run_id) == payments
        assert sorted(doc["kind"] for doc in stack.notifications(run_id)) == notifications
    else:
        count = "SELECT count(*) AS n FROM transactions WHERE withdrawal_id = %s"
        assert stack.sql("monolith", count, run_id)[0]["n"] == payments
    check_log(stack, run_id)


@pytest.mark.parametrize("protocol", ["monolith", "dual_write", "saga"])
def test_insufficient_funds_changes_nothing(stack: Stack, account: Callable[[], str], protocol: str) -> None:
    name = account()
    run_id = stack.withdraw(protocol, name, amount="1000.01")
    assert stack.ended(run_id)["status"] == "declined"
    assert stack.balance(protocol, name) == "1000.00"
    assert completed(stack, run_id) == 0
    assert not any(event.get("to") == "payment" for event in stack.events(run_id))
    check_log(stack, run_id)


def test_a_compensation_that_fails_for_good_waits_for_a_person(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw("saga", name, "payment.in_tx:decline", "refund.in_tx:error:4")
    run = stack.ended(run_id)
    assert (run["status"], run["verdict"]) == ("needs_attention", "temporarily_inconsistent")
    assert stack.balance("saga", name) == "900.00"
    assert stack.reaches(run_id, "attention", "raised")["data"]["owed"] == "100.00"
    assert any(letter["run"] == run_id for letter in stack.client.get("/api/dead-letters").json()["rows"])

    assert stack.client.post(f"/api/runs/{run_id}/retry").status_code < 300
    stack.reaches(run_id, "finished", "compensated")
    assert stack.balance("saga", name) == "1000.00"
    check_log(stack, run_id)


def test_concurrent_withdrawals_take_no_more_than_there_is(stack: Stack, account: Callable[[], str]) -> None:
    for protocol in ("monolith", "dual_write", "saga"):
        name = account()
        ids = [stack.withdraw(protocol, name, amount="300.00") for _ in range(6)]
        statuses = [stack.ended(run_id)["status"] for run_id in ids]
        assert sorted(statuses) == ["declined"] * 3 + ["succeeded"] * 3, (protocol, statuses)
        assert stack.balance(protocol, name) == "100.00"
