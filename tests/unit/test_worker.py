"""The two halves of a worker end together, whichever is killed; and the lab can tell what each of them does."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from distviz import celery as our_celery
from distviz.postgres.session import WHO, signed
from distviz.probe.locks import _contender
from distviz.stack import layout
from distviz.trace import processes
from tests.support.stack import wait_for

# Both halves without Celery: one forked from the other, which looks after it as in a worker's loop.
HALVES = """
import os, signal, sys, time
from types import SimpleNamespace
import celery.signals
from distviz import worker
worker.load = lambda: None
worker.LOOKS_S, worker.ENDS_WITHIN_S = 0.01, 1.0
def work(queue, **options):
    looks = []
    class Sender:
        hub = SimpleNamespace(call_repeatedly=lambda seconds, look: looks.append(look))
    celery.signals.worker_ready.send(sender=Sender)
    os.write(1, f"{queue}\\n".encode())  # in one go: the other half says something, too
    if fails and not queue.endswith(".plain"):
        return 70
    ends = []
    signal.signal(signal.SIGTERM, lambda *_: ends.append(celery.signals.worker_shutting_down.send(sender="")))
    while hangs or not ends:
        [look() for look in looks]
        time.sleep(0.01)
    return 0
worker.work = work
fails, hangs = "fails" in sys.argv, "hangs" in sys.argv
sys.argv = ["worker", "payment"]
from distviz import celery as ours
celery.signals.worker_ready.disconnect(ours._notice_dead_children)
worker.main()
"""


@pytest.fixture
def halves() -> Iterator[tuple[psutil.Process, psutil.Process]]:
    process = subprocess.Popen([sys.executable, "-c", HALVES], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    said = {process.stdout.readline().strip() for _ in range(2)}
    assert said == {"payment", "payment.plain"}
    leader = psutil.Process(process.pid)
    [beside] = leader.children()
    try:
        yield leader, beside
    finally:
        for one in (beside, leader):
            if one.is_running():
                one.kill()
        process.communicate()


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("which", [0, 1])
def test_if_one_is_killed_the_other_one_ends(halves: tuple[psutil.Process, psutil.Process], which: int) -> None:
    halves[which].kill()
    wait_for(lambda: all(map(gone, halves)), 20, "both are gone")


def test_if_it_is_asked_to_end_both_do_and_in_order(halves: tuple[psutil.Process, psutil.Process]) -> None:
    halves[0].send_signal(signal.SIGTERM)
    wait_for(lambda: all(map(gone, halves)), 20, "both are gone")


@pytest.mark.parametrize("how", [["fails"], ["fails", "hangs"]])
def test_if_one_ends_by_an_error_of_its_own_the_other_one_ends_too(how: list[str]) -> None:
    """Asked to, or with it."""
    failed = subprocess.run([sys.executable, "-c", HALVES, *how], stdout=subprocess.PIPE, timeout=60, check=False)
    assert failed.returncode == 70  # its output is closed: the other one is gone as well


def in_a_thread(ask: Any) -> Any:
    found: list[Any] = []
    one = threading.Thread(target=lambda: found.append(ask()))
    one.start()
    one.join()
    return found[0]


def test_a_thread_is_told_from_its_process() -> None:
    here, there = processes.me(), in_a_thread(processes.me)
    assert "thread" not in here
    assert {**here, "thread": there["thread"]} == there
    assert there["thread"] != there["pid"]
    assert processes.alive(there)


def test_a_session_says_whose_it_is() -> None:
    name = f"distviz worker:payment {WHO}"
    session: dict[str, Any] = {"backend": 7, "since": None, "application": signed(name)}
    found = _contender(session)
    assert (found.service, found.pid, found.thread, found.who) == ("payment", os.getpid(), None, str(os.getpid()))
    found = _contender(session | {"application": in_a_thread(lambda: signed(name))})
    assert found.pid == os.getpid()
    assert found.who == f"{os.getpid()}/{found.thread}"


def test_a_worker_has_two_that_have_to_say_that_they_work() -> None:
    assert layout.beats("worker:payment") == ("worker:payment", "worker:payment.plain")
    assert layout.beats("beat") == ("beat",)


@pytest.mark.parametrize(("reads", "more"), [(None, {"payment.plain"}), ("payment", set())])
def test_celerys_own_command_reads_both_queues(
    monkeypatch: pytest.MonkeyPatch, reads: str | None, more: set[str]
) -> None:
    queues = our_celery.app.amqp.queues
    monkeypatch.setattr(queues, "_consume_from", None)
    queues.select(["payment"])
    our_celery._read_both_queues("a node", SimpleNamespace(app=our_celery.app, options={"reads": reads}))
    assert set(queues.consume_from) == {"payment", *more}
