"""Failures of real processes, and that healing leaves none of them standing still."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import NamedTuple

import psutil
import pytest

from distviz.chaos import schedule
from distviz.chaos.nemesis import Nemesis
from distviz.chaos.own import OwnStack
from distviz.chaos.schedule import Failure
from tests.support.stack import wait_for

ROLE = "worker:payment"
FAMILY = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"


class Victim(NamedTuple):
    stack: OwnStack
    parent: psutil.Process
    child: psutil.Process


@pytest.fixture
def victim() -> Iterator[Victim]:
    """A role with a child, in a session of its own, as the launcher starts them."""
    stack = OwnStack(threading.Event())
    process = subprocess.Popen([sys.executable, "-c", FAMILY], stdin=subprocess.PIPE, start_new_session=True)
    parent = psutil.Process(process.pid)
    (stack.home / "stack.json").write_text(json.dumps({"processes": {ROLE: {"pid": process.pid, "since": 0}}}))
    try:
        (child,) = wait_for(parent.children, 20, "its child")
        yield Victim(stack, parent, child)
    finally:
        for one in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []:
            one.kill()
        process.kill()
        process.communicate()
        shutil.rmtree(stack.home)


def go(stack: OwnStack, *failures: Failure, seconds: float = 0.1) -> Nemesis:
    nemesis = Nemesis(stack, failures, lambda _doing: None)
    nemesis.go(seconds, threading.Event())
    return nemesis


def dead(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_paused_role_stands_still_with_its_children_until_it_is_healed(victim: Victim) -> None:
    nemesis = go(victim.stack, Failure(0.0, schedule.LONG_PAUSE, ROLE, 60))
    assert nemesis.done == {"long_pause": 1}
    family = (victim.parent, victim.child)
    wait_for(lambda: {one.status() for one in family} == {psutil.STATUS_STOPPED}, 10, "both stand still")
    nemesis.heal()
    wait_for(lambda: psutil.STATUS_STOPPED not in {one.status() for one in family}, 10, "both go on")


def test_a_pause_ends_by_itself(victim: Victim) -> None:
    go(victim.stack, Failure(0.0, schedule.PAUSE, ROLE, 0.1), seconds=0.3)
    wait_for(lambda: victim.parent.status() != psutil.STATUS_STOPPED, 10, "it goes on")


def test_a_child_is_killed_and_its_parent_is_not(victim: Victim) -> None:
    victim.parent.suspend()  # or it would end with its child
    go(victim.stack, Failure(0.0, schedule.KILL_CHILD, ROLE))
    wait_for(lambda: dead(victim.child), 10, "the child is dead")
    assert not dead(victim.parent)


def test_a_killed_role_is_dead(victim: Victim) -> None:
    victim.child.kill()
    go(victim.stack, Failure(0.0, schedule.KILL, ROLE))
    wait_for(lambda: dead(victim.parent), 10, "it is dead")


def test_what_is_not_there_is_missed_and_the_rest_goes_on(victim: Victim) -> None:
    nemesis = go(victim.stack, Failure(0.0, schedule.KILL, "beat"), Failure(0.01, schedule.LOSE, "messages", 60))
    assert nemesis.done == {"lose": 1}
    assert "beat is not running" in nemesis.missed[0]
    assert nemesis.disturbance == schedule.LOSE
    nemesis.heal()
    assert nemesis.disturbance == ""


def test_an_interrupted_one_does_nothing_more(victim: Victim) -> None:
    interrupted = threading.Event()
    interrupted.set()
    nemesis = Nemesis(victim.stack, [Failure(5.0, schedule.KILL, ROLE)], lambda _doing: None)
    nemesis.go(60, interrupted)
    assert not dead(victim.parent)
