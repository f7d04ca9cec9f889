"""Runs that wait at a point until what they are to meet is there: a process that sleeps, a server that is gone."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

from tests.support.stack import Stack, wait_for


@dataclass(frozen=True)
class Begun:
    """A run and its account, of which there is one for each run."""

    protocol: str
    name: str
    run_id: str


def begin(stack: Stack, name: str, protocol: str, faults: str) -> Begun:
    return Begun(protocol, name, stack.withdraw(protocol, name, *faults.split()))


@contextmanager
def asleep(stack: Stack, run_id: str) -> Iterator[None]:
    """The held process is let go while it sleeps: as after a long swap, nobody knows that it will go on."""
    holding = stack.reaches(run_id, "hold", "held")["data"]
    worker = psutil.Process(holding["pid"])
    worker.suspend()
    try:
        assert stack.client.post(f"/api/runs/{run_id}/release").status_code < 300
        yield
    finally:
        alias = holding["point"].split(".")[0]
        since = stack.sql(alias, "SELECT clock_timestamp() AS now")[0]["now"]
        worker.resume()
        session = """
        SELECT 1 FROM pg_stat_activity WHERE application_name LIKE %s AND state = 'idle' AND state_change > %s
        """
        wait_for(lambda: stack.sql(alias, session, f"% {worker.pid}", since), 30, "it has gone on")


@contextmanager
def down(stack: Stack, role: str) -> Iterator[None]:
    """Killed with all of its sessions, and not started again for as long as this lasts: the launcher stands still."""
    assert stack.process is not None
    launcher, server = psutil.Process(stack.process.pid), psutil.Process(stack.pid(role))
    sessions = server.children(recursive=True)
    launcher.suspend()
    try:
        killed = stack.kill(role)
        wait_for(lambda: not any(map(answers, [server, *sessions])), 30, f"nothing of {role} answers")
        yield
    finally:
        launcher.resume()
        stack.back(role, killed)
        wait_for(stack.ready, 60, f"{role} is back")


def answers(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def waits(stack: Stack, run_id: str) -> bool:
    """Held, or with a message that is."""
    run = stack.run(run_id)
    return bool(run["parked"] or run["holding"])


def let_go(stack: Stack, run_id: str) -> None:
    run = stack.run(run_id)
    ways = [f"messages/{parked['mid']}/deliver" for parked in run["parked"]] + ["release"] * bool(run["holding"])
    assert ways, run
    for way in ways:
        assert stack.client.post(f"/api/runs/{run_id}/{way}").status_code < 300


def outage(stack: Stack, role: str, runs: list[Begun]) -> dict[str, str]:
    """Each run goes on only once the server is gone, and gives up while it is away. Its status then."""
    for one in runs:
        wait_for(lambda one=one: waits(stack, one.run_id), what=f"{one} waits")  # type: ignore[misc]
    with down(stack, role):
        for one in runs:
            let_go(stack, one.run_id)
        for one in runs:
            stack.reaches(one.run_id, "retry", "exhausted", 60)
        return {one.run_id: stack.run(one.run_id)["status"] for one in runs}
