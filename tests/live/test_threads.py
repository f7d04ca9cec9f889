"""Plain runs share a process of each worker, by its threads. It is killed with runs in flight, and the broker under
it, again and again: every run ends, and the money is exact. What is to crash has a process of its own."""

import signal
from collections.abc import Callable

import psutil
import pytest

from tests.support.checks import check_log, completed
from tests.support.stack import Stack, wait_for, with_threads

ROLES = ("worker:account", "worker:payment", "worker:notification")
IN_FLIGHT = 8


def test_plain_runs_are_handled_by_threads_and_special_ones_by_processes(
    stack: Stack, account: Callable[[], str]
) -> None:
    plain, special = stack.withdraw("saga", account()), stack.withdraw("saga", account(), "payment.in_tx:delay:1:10")
    for run_id in (plain, special):
        assert stack.ended(run_id)["status"] == "succeeded"
    beside = {
        "account": with_threads(stack, "worker:account").pid,
        "payment": with_threads(stack, "worker:payment").pid,
    }
    for event in (one for one in stack.events(plain) if one["kind"] == "message" and one["phase"] == "received"):
        assert event["data"]["thread"] != event["data"]["pid"]
        assert beside.get(event["lane"], event["data"]["pid"]) == event["data"]["pid"]
    for event in (one for one in stack.events(special) if one["kind"] == "message" and one["phase"] == "received"):
        assert "thread" not in event["data"]
        assert event["data"]["pid"] not in beside.values()


def test_a_crash_takes_no_other_run_along(stack: Stack, account: Callable[[], str]) -> None:
    stack.ended(stack.withdraw("saga", account()))
    beside = {role: with_threads(stack, role).pid for role in ROLES}
    points = ("account.in_tx", "payment.in_tx", "payment.after_commit", "notification.before_tx")
    crashing = [(name, stack.withdraw("saga", name, f"{at}:crash")) for at in points for name in (account(),)]
    others = [(name, stack.withdraw("saga", name)) for name in (account() for _ in range(IN_FLIGHT))]
    for name, run_id in [*others, *crashing]:
        assert stack.ended(run_id, timeout=60)["status"] == "succeeded", stack.events(run_id)
        assert stack.balance("saga", name) == "900.00"
    for _name, run_id in others:  # each message was taken once
        taken = [one["data"]["mid"] for one in stack.events(run_id) if one["phase"] == "received"]
        assert len(taken) == len(set(taken))
    assert {role: with_threads(stack, role).pid for role in ROLES} == beside


def test_threads_are_killed_with_runs_in_flight(stack: Stack, account: Callable[[], str]) -> None:
    """Whatever each of them was doing is undone by its server, and delivered again or driven on."""
    runs: list[tuple[str, str]] = []
    for role in ROLES:
        runs += [(name, stack.withdraw("saga", name)) for name in (account() for _ in range(IN_FLIGHT))]
        worker, threads = stack.pid(role), with_threads(stack, role)
        threads.send_signal(signal.SIGKILL)
        stack.back(role, worker)  # the two end together
        assert not psutil.pid_exists(threads.pid) or psutil.Process(threads.pid).status() == "zombie"
    _all_are_right(stack, runs)
    wait_for(stack.ready, 60)


@pytest.mark.thorough
def test_the_broker_is_killed_under_the_threads_again_and_again(stack: Stack, account: Callable[[], str]) -> None:
    runs: list[tuple[str, str]] = []
    workers = {role: stack.pid(role) for role in ROLES}
    for _ in range(5):
        runs += [(name, stack.withdraw("saga", name)) for name in (account() for _ in range(IN_FLIGHT))]
        stack.back("valkey", stack.kill("valkey"))
    _all_are_right(stack, runs)
    assert {role: stack.pid(role) for role in ROLES} == workers
    wait_for(stack.ready, 60)


def _all_are_right(stack: Stack, runs: list[tuple[str, str]]) -> None:
    for name, run_id in runs:
        run = stack.ended(run_id, timeout=60)
        assert (run["status"], run["verdict"]) == ("succeeded", "consistent"), (run, stack.events(run_id))
        assert completed(stack, run_id) == 1
        assert stack.balance("saga", name) == "900.00"
        check_log(stack, run_id)
