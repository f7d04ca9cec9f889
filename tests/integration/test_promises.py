"""The fault matrix: protocol × failure → status, verdict, balance, payments, notifications, told by the databases."""

from collections.abc import Callable

import pytest

from protocols import registry
from protocols.promises import Cell
from protocols.registry import PROTOCOLS
from tests.support.checks import check_end, check_log, completed
from tests.support.stack import Stack

# These give up: the dual write once it was silent for SWEEP_AFTER, two-phase commit after T_TERM. How many may start
# together, so that none waits for the others in a queue until then.
TIME_BOUND = {"dual_write": 6, "two_phase": 18}
CELLS = [(key, row.faults, cell) for row in registry.promises() for key, cell in row.cells.items()]


@pytest.fixture(scope="module")
def started(stack: Stack, account: Callable[[], str]) -> dict[tuple[str, str], tuple[str, str]]:
    """Every cell's run: (protocol, faults) → (run, account). Their failures must not meet: each has its account;
    those that give up start in groups, so that no queue takes longer than they wait."""
    cells = [(protocol, faults, account()) for protocol, faults, _ in CELLS]
    groups = []
    for key, most in TIME_BOUND.items():
        own = [cell for cell in cells if cell[0] == key]
        groups += [own[start : start + most] for start in range(0, len(own), most)]
    runs: dict[tuple[str, str], tuple[str, str]] = {}
    for group in [*groups, [cell for cell in cells if cell[0] not in TIME_BOUND]]:
        started = {
            (protocol, faults): (stack.withdraw(protocol, name, *faults.split()), name)
            for protocol, faults, name in group
        }
        for run_id, _ in started.values() if group[0][0] in TIME_BOUND else ():
            stack.ended(run_id, 60)
        runs |= started
    return runs


@pytest.mark.parametrize(("protocol", "faults", "ends"), CELLS, ids=[f"{p} {f or 'fine'}" for p, f, _ in CELLS])
def test_ends_as_the_matrix_says(
    stack: Stack, started: dict[tuple[str, str], tuple[str, str]], protocol: str, faults: str, ends: Cell
) -> None:
    run_id, name = started[protocol, faults]
    check_end(stack, protocol, name, run_id, ends)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_insufficient_funds_changes_nothing(stack: Stack, account: Callable[[], str], protocol: str) -> None:
    name = account()
    run_id = stack.withdraw(protocol, name, amount="1000.01")
    assert stack.ended(run_id)["status"] == "declined"
    assert stack.balance(protocol, name) == "1000.00"
    assert completed(stack, run_id) == 0
    rows = [change["row"] for event in stack.events(run_id) for change in event["changes"]]
    assert not [row for row in rows if row.startswith("payments/")]  # one that is only authorised is in another table
    check_log(stack, run_id)


def test_a_compensation_that_fails_for_good_needs_manual_action(stack: Stack, account: Callable[[], str]) -> None:
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


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_concurrent_withdrawals_take_no_more_than_there_is(
    stack: Stack, account: Callable[[], str], protocol: str
) -> None:
    name = account()
    ids = [stack.withdraw(protocol, name, amount="300.00") for _ in range(6)]
    statuses = [stack.ended(run_id)["status"] for run_id in ids]
    assert sorted(statuses) == ["declined"] * 3 + ["succeeded"] * 3, statuses
    assert stack.balance(protocol, name) == "100.00"
