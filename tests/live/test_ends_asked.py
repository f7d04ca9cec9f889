"""A process may die between its COMMIT and the log: the run then ends as its databases say, not as the log does."""

from collections.abc import Callable

import pytest

from protocols.registry import PROTOCOLS
from tests.support.stack import Stack

# Where it waits once the money has moved.
WAITS = dict.fromkeys(PROTOCOLS, "notification.before_tx") | {"two_phase": "coordinator.after_commits"}
VERIFIED = {"monolith", "dual_write"}  # each time, and in other tests


@pytest.mark.parametrize("protocol", [key for key in PROTOCOLS if key not in VERIFIED])
def test_a_row_that_nobody_lived_to_log_is_found_at_the_end(
    stack: Stack, account: Callable[[], str], protocol: str
) -> None:
    run_id = stack.withdraw(protocol, account(), f"{WAITS[protocol]}:hold")
    stack.reaches(run_id, "hold", "held")
    [known] = stack.sql("default", "SELECT money FROM runs WHERE id = %s", run_id)
    paid = [row for row, moved in known["money"].items() if "paid" in moved]
    assert paid
    stack.sql("default", "UPDATE runs SET money = money - %s::text[] WHERE id = %s", paid, run_id)
    stack.client.post(f"/api/runs/{run_id}/release").raise_for_status()
    end = stack.ended(run_id)
    assert (end["status"], end["verdict"]) == ("succeeded", "consistent")
    [last] = [event for event in stack.events(run_id) if event["kind"] == "finished"]
    assert (last["data"]["money"]["paid"], last["data"]["money"]["in_flight"]) == ("100.00", "0.00")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_message_that_was_lost_and_is_missed_by_nobody_keeps_no_run_open(
    stack: Stack, account: Callable[[], str], protocol: str
) -> None:
    """The broker lost it, recovery has done its work by another one; the run still counts it as on its way."""
    point = "coordinator.before_prepare" if protocol == "two_phase" else "account.before_tx"
    run_id = stack.withdraw(protocol, account(), f"{point}:hold")
    stack.reaches(run_id, "hold", "held")
    stack.sql("default", "UPDATE runs SET open = open + 1 WHERE id = %s", run_id)
    stack.client.post(f"/api/runs/{run_id}/release").raise_for_status()
    end = stack.ended(run_id)
    assert (end["status"], end["verdict"]) == ("succeeded", "consistent")
