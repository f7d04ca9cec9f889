"""The orchestrated saga on real databases: what is lost with a chain, who calls `link_error`, and what is undone."""

from collections.abc import Callable
from typing import Any

import pytest

from protocols.promises import COMPENSATED, GONE, NO, OK
from tests.support.checks import check_end
from tests.support.stack import Stack, wait_for

KEY = "orchestrated"
DECLINE = "payment.in_tx:decline"


def saga(stack: Stack, run_id: str) -> dict[str, Any]:
    (row,) = stack.sql("default", "SELECT * FROM orchestrated_sagas WHERE tx_id = %s", run_id)
    return row


def received(stack: Stack, run_id: str) -> list[str]:
    events = stack.events(run_id)
    return [event["name"] for event in events if (event["kind"], event["phase"]) == ("message", "received")]


CASES = {
    "coordinator.after_begin:crash": OK,
    "coordinator.after_deduction:crash": OK,
    "coordinator.after_payment:crash": OK,
    f"{DECLINE} coordinator.after_turning_back:crash": COMPENSATED,
    f"{DECLINE} coordinator.after_cancellation:crash": COMPENSATED,
    f"{DECLINE} coordinator.after_refund:crash": COMPENSATED,
    f"{DECLINE} payment.in_cancel:error:9": COMPENSATED,
    f"{DECLINE} message.RefundMoney:drop": COMPENSATED,
    f"{DECLINE} message.StepFailed:duplicate": COMPENSATED,
    "message.DeductMoney:duplicate": OK,
    "message.ProcessPayment:duplicate": OK,
    "account.in_tx:decline": NO,
    "account.after_commit:error:9": COMPENSATED,
    "account.in_tx:error:9": GONE,
}


@pytest.fixture(scope="module")
def made(stack: Stack, account: Callable[[], str]) -> dict[str, tuple[str, str]]:
    """All at the same time, each on an account of its own."""
    names = {faults: account() for faults in CASES}
    return {faults: (name, stack.withdraw(KEY, name, *faults.split())) for faults, name in names.items()}


@pytest.mark.parametrize("faults", CASES)
def test_it_ends_as_its_log_says(stack: Stack, made: dict[str, tuple[str, str]], faults: str) -> None:
    name, run_id = made[faults]
    check_end(stack, KEY, name, run_id, CASES[faults])
    found = saga(stack, run_id)
    if CASES[faults] is OK:
        assert (found["steps_done"], found["steps_undone"], found["turned_at"]) == (["deduct", "charge"], [], None)
    else:
        undone = ["deduct"] if CASES[faults] is NO else ["charge", "deduct"]  # after a "no" nobody asks for the payment
        assert (found["steps_undone"], found["given_back"]) == (undone, CASES[faults] is COMPENSATED)


def test_a_payment_that_was_made_before_it_could_be_cancelled_turns_the_saga_forward(
    stack: Stack, account: Callable[[], str]
) -> None:
    """Every answer was lost by an error, so the task has failed; the payment has not."""
    name = account()
    run_id = stack.withdraw(KEY, name, "payment.after_commit:error:4")
    check_end(stack, KEY, name, run_id, OK)
    names = received(stack, run_id)
    assert names.index("StepFailed") < names.index("PaymentCancelled") < names.index("NotifyCustomer")
    assert "RefundMoney" not in names


def test_a_chain_that_is_lost_is_begun_anew_from_the_log(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw(KEY, name, "message.ProcessPayment:drop")
    check_end(stack, KEY, name, run_id, OK)
    assert [event["phase"] for event in stack.events(run_id) if event["kind"] == "sweep"] == ["redriven"]
    assert received(stack, run_id).count("DeductMoney") == 1


def test_a_task_that_is_killed_calls_no_link_error(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw(KEY, name, "payment.in_tx:crash")
    check_end(stack, KEY, name, run_id, OK)
    assert received(stack, run_id).count("ProcessPayment") == 2
    assert "StepFailed" not in received(stack, run_id)


def test_the_books_hold(stack: Stack) -> None:
    wait_for(lambda: stack.manage("books", check=False).returncode == 0, 30, "the books hold")
