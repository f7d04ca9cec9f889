"""The commands of docs/contract.md: what they say, and how they end."""

import json
import time
from collections.abc import Callable

import pytest

from tests.support.stack import Stack

PASSES = ("recover", "relay", "project", "sweep")


@pytest.mark.parametrize("command", PASSES)
def test_one_pass_says_what_it_did(stack: Stack, command: str) -> None:
    done = stack.manage(command, "--once", "--min-age", "0", "--json")
    assert isinstance(json.loads(done.stdout), dict)


def test_a_pass_that_cannot_settle_something_says_so(stack: Stack, account: Callable[[], str]) -> None:
    """The Payment Service's server stands still: what is owed there stays owed, and the exit status tells."""
    run_id = stack.withdraw("two_phase", account(), "coordinator.after_decision:hold")
    stack.reaches(run_id, "hold", "held")
    with stack.paused(stack.pid("postgres:payment")):
        recover = stack.manage("recover", "--once", "--min-age", "0", "--json", check=False)
        relay = stack.manage("relay", "--once", "--json", check=False)
    assert recover.returncode == 1
    assert any(left.startswith("payment: ") for left in json.loads(recover.stdout)["left"])
    assert relay.returncode == 1
    assert "error" in json.loads(relay.stdout)["payment"]
    stack.client.post(f"/api/runs/{run_id}/release")
    assert stack.ended(run_id, 60)["status"] == "succeeded"


def test_a_withdrawal_from_the_terminal(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    words = ("withdraw", "--protocol", "saga", "--amount", "100.00", "--account", name)
    done = stack.manage(*words, "--fault", "payment.in_tx:decline")
    assert "compensated" in done.stdout
    assert "INSERT INTO ledger" in done.stdout  # its statements, as they happened
    found = stack.manage(*words, "--fault", "payment.before_tx:error:99", "--json")
    assert json.loads(found.stdout)["status"] == "compensated"
    assert stack.balance("saga", name) == "1000.00"
    refused = stack.manage(*words, "--fault", "nowhere:crash", check=False)
    assert refused.returncode != 0
    assert "faults[0].at" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_seeding_again_changes_nothing(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    stack.ended(stack.withdraw("saga", name))
    stack.manage("seed", "--accounts", str(stack.accounts), "--balance", "5.00")
    assert stack.balance("saga", name) == "900.00"


def test_seeding_does_not_wait_for_who_holds_an_account(stack: Stack, account: Callable[[], str]) -> None:
    """An INSERT of what is there already would wait for the transaction that changes the row."""
    held = [
        stack.withdraw(protocol, account(), fault)
        for protocol, fault in (
            ("monolith", "account.in_tx:hold"),
            ("saga", "account.in_tx:hold"),
            ("two_phase", "coordinator.after_prepared:hold"),
            ("event_sourcing", "account.in_tx:hold"),
        )
    ]
    for run_id in held:
        stack.reaches(run_id, "hold", "held")
    stack.manage("seed", "--accounts", str(stack.accounts))
    for run_id in held:
        stack.client.post(f"/api/runs/{run_id}/release")
    assert {stack.ended(run_id, 60)["status"] for run_id in held} == {"succeeded"}


def test_reset_with_runs_in_doubt_does_not_hang(stack: Stack, account: Callable[[], str]) -> None:
    """Prepared, decided, and in the middle of a transaction: all of it is let go, and the books are as at first."""
    name = account()
    for protocol, point in (
        ("two_phase", "coordinator.after_prepared"),
        ("two_phase", "payment.before_commit"),
        ("saga", "payment.in_tx"),
        ("outbox", "relay.after_publish"),
    ):
        stack.reaches(stack.withdraw(protocol, account(), f"{point}:hold"), "hold", "held")
    assert stack.prepared()
    stack.ended(stack.withdraw("event_sourcing", name))
    began = time.monotonic()
    stack.reset()
    assert time.monotonic() - began < 60
    assert not stack.prepared()
    assert stack.client.get("/api/runs").json()["runs"] == []
    assert stack.balance("event_sourcing", name) == "1000.00"
    assert stack.balance("two_phase", f"account-{stack.accounts}") == "1000.00"  # those that come later have theirs
    assert stack.manage("books", check=False).returncode == 0
