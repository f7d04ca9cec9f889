"""What the run log shows of the saga log: each row as it was before and as it is after."""

from collections.abc import Callable
from typing import Any

from tests.support.stack import Stack


def moves(stack: Stack, run_id: str) -> list[tuple[str | None, str]]:
    """The statuses of the saga's row, from one to the next."""
    events: list[dict[str, Any]] = stack.events(run_id)
    rows = [change for event in events for change in event["changes"] if change["row"] == "saga_log"]
    return [(row["before"] and row["before"]["status"], row["after"]["status"]) for row in rows]


def test_a_completed_saga_moves_from_pending(stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account())
    assert stack.ended(run_id)["status"] == "succeeded"
    assert moves(stack, run_id) == [(None, "pending"), ("pending", "completed")]


def test_a_compensated_saga_was_pending_once(stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account(), "payment.in_tx:decline")
    assert stack.ended(run_id)["status"] == "compensated"
    assert moves(stack, run_id) == [(None, "pending"), ("pending", "compensated")]


def test_a_declined_saga_takes_nothing(stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account(), "account.in_tx:decline")
    end = stack.ended(run_id)
    assert (end["status"], end["outcome_code"]) == ("declined", "withdrawal_declined")
    assert end["outcome_params"]["why"] == {"code": "declined_on_purpose", "params": {"who": "account"}}
    assert moves(stack, run_id) == [(None, "pending"), ("pending", "declined")]


def test_the_email_too_can_fail_with_everything_done_and_nothing_written(
    stack: Stack, account: Callable[[], str]
) -> None:
    run_id = stack.withdraw("saga", account(), "notification.in_tx:error:2")
    assert stack.ended(run_id)["status"] == "succeeded"
    fired = [event["data"]["at"] for event in stack.events(run_id) if event["kind"] == "fault"]
    assert fired == ["notification.in_tx"] * 2
