"""TCC on real databases: what is frozen, what comes late, twice or never, and a coordinator that dies."""

from collections.abc import Callable
from typing import Any

import pytest

from protocols.promises import GONE, NO, OK
from tests.support.checks import check_end
from tests.support.stack import Stack, wait_for

TCC = "tcc"
POINTS = ("before_tries", "between_tries", "all_tried", "after_decision", "between_confirms", "all_confirmed")


def reserved(stack: Stack, run_id: str) -> list[str]:
    """The states of both branches."""
    sql = "SELECT status FROM tcc_reservations WHERE tx_id = %s"
    return [row["status"] for alias in ("account", "payment") for row in stack.sql(alias, sql, run_id)]


def record(stack: Stack, run_id: str) -> dict[str, Any]:
    (row,) = stack.sql("default", "SELECT * FROM tcc_transactions WHERE tx_id = %s", run_id)
    return row


@pytest.fixture(scope="module")
def crashed(stack: Stack, account: Callable[[], str]) -> dict[str, tuple[str, str]]:
    """One run for each point at which its coordinator is killed, all at the same time."""
    names = {point: account() for point in POINTS}
    return {point: (name, stack.withdraw(TCC, name, f"coordinator.{point}:crash")) for point, name in names.items()}


@pytest.mark.parametrize("point", POINTS)
def test_a_coordinator_that_is_killed_goes_on(stack: Stack, crashed: dict[str, tuple[str, str]], point: str) -> None:
    name, run_id = crashed[point]
    check_end(stack, TCC, name, run_id, OK)
    assert reserved(stack, run_id) == ["confirmed", "confirmed"]
    assert record(stack, run_id)["decision"] == "CONFIRM"


def released(stack: Stack, run_id: str) -> bool:
    """Whether it is over; wherever it is held, it is let go."""
    run = stack.run(run_id)
    if run["holding"]:
        stack.client.post(f"/api/runs/{run_id}/release").raise_for_status()
    return bool(run["finished"])


def test_frozen_money_is_in_the_balance_and_cannot_be_spent(stack: Stack, account: Callable[[], str]) -> None:
    """No lock is held meanwhile: the second withdrawal gets its answer at once. A copy of an answer, which a busy
    machine brings about, is held as well."""
    name = account()
    first = stack.withdraw(TCC, name, "coordinator.all_tried:hold:9", amount="600.00")
    stack.reaches(first, "hold", "held")
    assert reserved(stack, first) == ["tried", "tried"]
    assert stack.balance(TCC, name) == "1000.00"
    second = stack.ended(stack.withdraw(TCC, name, amount="600.00"))
    assert (second["status"], second["outcome_params"]["why"]["code"]) == ("declined", "insufficient_funds")
    assert stack.ended(stack.withdraw(TCC, name, amount="400.00"))["status"] == "succeeded"
    wait_for(lambda: released(stack, first), 60, "it is over")
    assert stack.run(first)["status"] == "succeeded"
    assert stack.balance(TCC, name) == "0.00"


def test_a_try_that_comes_after_its_cancel_finds_the_tombstone(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    late = ("message.TryAccount:delay:1:1500", "message.AccountDone:delay:1:3000")  # before the end all the same
    run_id = stack.withdraw(TCC, name, "payment.in_tx:decline", *late)
    check_end(stack, TCC, name, run_id, NO)
    assert reserved(stack, run_id) == ["cancelled", "refused"]
    told = [
        event["name"] for event in stack.events(run_id) if (event["kind"], event["phase"]) == ("message", "received")
    ]
    assert told.index("CancelAccount") < told.index("TryAccount")


def test_a_branch_that_stays_silent_is_cancelled(stack: Stack, account: Callable[[], str]) -> None:
    """It is asked again before; the cancel finds a try of which nobody has heard."""
    name = account()
    run_id = stack.withdraw(TCC, name, "message.PaymentTried:drop:99")
    check_end(stack, TCC, name, run_id, GONE)
    why = stack.run(run_id)["outcome_params"]["why"]
    assert (why["code"], why["params"]["who"]) == ("branch_is_silent", ["payment"])
    assert reserved(stack, run_id) == ["cancelled", "cancelled"]
    assert (record(stack, run_id)["decided_by"], record(stack, run_id)["asked"] > 2) == ("recovery", True)


@pytest.mark.parametrize(
    "faults",
    [
        "message.PaymentDone:drop",
        "message.ConfirmPayment:duplicate",
        "account.in_confirm:error:9",
        "payment.after_confirm:crash",
    ],
)
def test_what_is_decided_is_done_once(stack: Stack, account: Callable[[], str], faults: str) -> None:
    """However often it has to be asked for."""
    name = account()
    run_id = stack.withdraw(TCC, name, faults)
    check_end(stack, TCC, name, run_id, OK)


def test_a_service_that_is_away_is_waited_for_once_it_was_decided(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw(TCC, name, "coordinator.after_decision:hold")
    stack.reaches(run_id, "hold", "held")
    stack.back("worker:payment", stack.kill("worker:payment"))
    stack.client.post(f"/api/runs/{run_id}/release").raise_for_status()
    check_end(stack, TCC, name, run_id, OK)


def test_the_books_hold(stack: Stack) -> None:
    wait_for(lambda: stack.manage("books", check=False).returncode == 0, 30, "the books hold")
