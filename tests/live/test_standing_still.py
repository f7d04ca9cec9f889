"""Real SIGSTOP: of the sessions that there are, of one server after the other, of a worker's processes. Runs go on,
every page answers, and /readyz says what stands still."""

import signal
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import Any

import psutil
import pytest
import redis

from tests.support.checks import check_log, completed
from tests.support.freezing import SERVERS, asked, every_address, frozen, lines, read_only, server, sessions
from tests.support.stack import Stack, wait_for, with_threads
from tests.support.thorough import but

pytestmark = pytest.mark.long

MOST_S = 3.0
SLACK_S = 1.5  # of a machine that does other things as well


def test_runs_go_on_while_all_sessions_of_before_stand_still(stack: Stack, account: Callable[[], str]) -> None:
    protocols = ("saga", "outbox", "event_sourcing", "two_phase", "monolith")
    for protocol in protocols:  # so that workers have sessions
        stack.ended(stack.withdraw(protocol, account()))
    stands = sessions(stack)
    assert len(stands) > 10
    with frozen(stands):
        began = time.monotonic()
        rolled_back: set[str] = set()
        runs = [(protocol, name, stack.withdraw(protocol, name)) for protocol in protocols for name in (account(),)]
        for protocol, name, run_id in runs:
            run = stack.ended(run_id, timeout=60)
            assert run["verdict"] == "consistent", stack.events(run_id)
            if protocol == "two_phase" and run["status"] == "failed":  # no vote in time is a vote against it
                rolled_back.add(run_id)
                assert stack.balance(protocol, name) == "1000.00"
                continue
            assert run["status"] == "succeeded", stack.events(run_id)
            assert stack.balance(protocol, name) == "900.00"
        took = time.monotonic() - began
    print(f"all runs over {took:.1f} s after the sessions stood still")
    assert took < 30
    for protocol, _name, run_id in runs:
        if protocol != "monolith":
            assert completed(stack, run_id) == (0 if run_id in rolled_back else 1)
        check_log(stack, run_id)


@pytest.mark.parametrize("role", but({"postgres:lab", "valkey"}, SERVERS))
def test_every_address_answers_while_a_server_stands_still(stack: Stack, account: Callable[[], str], role: str) -> None:
    """A page is the first to find it out: /readyz comes last, for it would tell the others."""
    name = account()
    run_id = stack.withdraw("saga", name)
    stack.ended(run_id)
    paths = sorted(every_address([run_id]), key="/readyz".__eq__)
    assert len(paths) > 40
    slow, wrong, worst = [], [], 0.0
    with frozen(server(stack, role)):
        for path in paths:
            took, status, unanswered = asked(stack, path)
            worst = max(worst, took)
            if took > MOST_S + SLACK_S:
                slow.append(f"{path}: {took:.1f} s")
            if status >= 500 and (status != 503 or unanswered == []):
                wrong.append(f"{path}: {status}")
    print(f"{role}: the slowest of {len(paths)} answers took {worst:.2f} s")
    assert (slow, wrong) == ([], [])
    wait_for(stack.ready, 60, "all is well again")
    assert stack.ended(stack.withdraw("saga", name), 60)["status"] == "succeeded"
    assert stack.balance("saga", name) == "800.00"


@pytest.mark.parametrize("threads", [True, False])
def test_a_worker_whose_threads_or_processes_stand_still_is_said_by_readyz(stack: Stack, threads: bool) -> None:
    """The others live and could say so for ever."""
    parent = psutil.Process(stack.pid("worker:payment"))
    beside = with_threads(stack, "worker:payment").pid
    stand: set[int] = set()
    with ExitStack() as still:

        def nobody_works() -> dict[str, Any]:
            """Where no process is free, a worker makes one more, up to its limit: these stand still as well."""
            more = {child.pid for child in parent.children() if (child.pid == beside) is threads} - stand
            stand.update(more)
            still.enter_context(frozen(more))
            return _readyz(stack, ready=False)

        found = wait_for(nobody_works, 40, "/readyz says that nobody works")
        assert found["roles"]["worker:payment"]["ok"] is False
        assert found["roles"]["worker:account"]["ok"] is True
    wait_for(stack.ready, 60)


def test_a_worker_that_is_gone_is_not_ready_because_it_was(stack: Stack) -> None:
    """The last thing that it said is younger than ten seconds."""
    assert stack.ready()
    killed: set[int] = set()

    def gone() -> dict[str, Any]:
        """Whoever takes its place before anybody asks goes as well."""
        pid = stack.pid("worker:payment")
        if pid and pid not in killed:
            killed.add(pid)
            with suppress(psutil.NoSuchProcess):
                for process in [psutil.Process(pid), *psutil.Process(pid).children()]:
                    process.send_signal(signal.SIGKILL)
        return _readyz(stack, ready=False)

    found = wait_for(gone, 8, "/readyz misses it at once")
    assert found["roles"]["worker:payment"]["ok"] is False
    wait_for(stack.ready, 60)


@pytest.mark.parametrize("alias", ["default", "account", "payment", "events"])
def test_a_database_that_takes_no_writes_is_not_ready(stack: Stack, alias: str) -> None:
    with read_only(stack, alias):
        wait_for(lambda: _no_writes(stack, "databases", alias), 8, "/readyz says that it takes no writes")
    wait_for(stack.ready, 30)


def test_an_outage_does_not_fill_the_logs(stack: Stack, account: Callable[[], str]) -> None:
    protocols = ("saga", "outbox", "event_sourcing", "two_phase")
    with read_only(stack, "payment"):
        runs = [stack.withdraw(protocol, account()) for protocol in protocols for _ in range(10)]
        began, before = time.monotonic(), lines(stack)
        wait_for(lambda: time.monotonic() - began > 10, 20)
        more = lines(stack) - before
        rate = more.total() / (time.monotonic() - began)
    print(f"{rate:.0f} lines a second: {more}")
    for run_id in runs:
        assert stack.ended(run_id, 60)["status"] in ("succeeded", "failed", "compensated"), run_id
    assert rate < 50


@pytest.mark.parametrize(
    ("setting", "refuses", "usual"), [("maxmemory", "1", "0"), ("min-replicas-to-write", "1", "0")]
)
def test_a_broker_that_refuses_writes_is_not_ready(stack: Stack, setting: str, refuses: str, usual: str) -> None:
    broker = redis.Redis.from_url(stack.topology()["broker"]["url"])
    broker.config_set(setting, refuses)
    try:
        wait_for(lambda: _no_writes(stack, "broker"), 8, "/readyz says that it takes no writes")
    finally:
        broker.config_set(setting, usual)
    wait_for(stack.ready, 30)


def test_a_hold_whose_machine_is_gone_ends_at_its_limit(stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account(), "payment.in_tx:hold")
    stack.reaches(run_id, "hold", "held")
    elsewhere = """UPDATE runs SET holding = holding || '{"host": "gone", "since": "%s"}' WHERE id = %%s"""
    stack.sql("default", elsewhere % f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", run_id)
    stack.manage("sweep", "--once")
    assert stack.run(run_id)["holding"]
    stack.sql("default", elsewhere % "2020-01-01T00:00:00Z", run_id)
    assert stack.ended(run_id)["status"] == "succeeded"


def _readyz(stack: Stack, *, ready: bool) -> dict[str, Any]:
    answer = stack.client.get("/readyz")
    return answer.json() if (answer.status_code == 200) is ready else {}


def _no_writes(stack: Stack, *path: str) -> bool:
    found = _readyz(stack, ready=False)
    for name in path:
        found = found.get(name, {})
    return found.get("code") == "takes_no_writes"
