"""What a worker's threads do and what its processes do, and that nothing is forked beside a thread at work."""

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from celery.concurrency import prefork

from distviz.trace import context, threads
from distviz.trace.signing import signed_now
from distviz.trace.threads import LONG_S, TaskPool, is_plain
from tests.support.stack import wait_for


def body(**more: Any) -> bytes:
    note = context.Delivery("a run", protocol="saga", **more).note()
    return signed_now(orjson.dumps([[{"type": "saga.MoneyDeducted", "user_id": 'of "faults":[]'}, note], {}, {}]))


CRASH = context.FaultRef(1, "payment.in_tx", "crash", 1, 0)
PLAIN = body()


@pytest.mark.parametrize(
    ("task", "sent", "by_a_thread"),
    [
        ("saga.payment.charge", body(), True),
        ("saga.payment.charge", body(faults=[CRASH]), False),
        ("saga.payment.charge", body(mode="step"), False),
        ("distviz.sweep", body(), False),
        ("outbox.relay", body(), False),
        ("saga.payment.charge", b"garbage", False),
    ],
)
def test_a_message_of_a_run_of_which_nothing_special_is_asked(task: str, sent: bytes, by_a_thread: bool) -> None:
    assert is_plain(task, sent) is by_a_thread


class Children:
    """Celery's processes, as far as they are asked."""

    def __init__(self) -> None:
        self.given: list[Any] = []
        self.missing = 0
        self.may_fork = bool

    def apply_async(self, _target: Any, args: Any, _kwargs: Any, **_options: Any) -> str:
        self.given.append(args)
        return "a job of a process"

    def maintain_pool(self) -> None:
        if self.missing and self.may_fork():
            self.missing -= 1


class Worker:
    """The pool in the hands of a worker's loop, and what it was answered: what, and in which thread."""

    def __init__(self) -> None:
        self.pool = TaskPool(limit=1)
        self.pool.start()
        self.pool._loop = SimpleNamespace(call_soon=lambda answer: self.woken.append(answer))
        self.children: Any = self.pool._pool
        self.answers: list[tuple[Any, int]] = []
        self.woken: list[Any] = []

    def give(self, target: Any, sent: bytes = PLAIN) -> Any:
        def answered(what: Any) -> None:
            self.answers.append((what, threading.get_ident()))

        return self.pool.apply_async(
            target,
            ("saga.payment.charge", "an id", {}, sent, "application/json"),
            accept_callback=lambda pid, at: None,
            callback=answered,
            error_callback=answered,
        )

    def hears(self, count: int) -> list[Any]:
        """The threads wake the loop, which does what they want done."""

        def looks() -> bool:
            while self.woken:
                self.woken.pop()()
            return len(self.answers) >= count

        wait_for(looks, 10, "answers")
        return [what for what, _thread in self.answers]


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    def on_start(pool: Any) -> None:
        pool._pool = Children()
        pool.maintain_pool = pool._pool.maintain_pool

    monkeypatch.setattr(prefork.TaskPool, "on_start", on_start)
    monkeypatch.setattr(prefork.TaskPool, "on_stop", lambda pool: None)
    one = Worker()
    yield one
    one.pool.stop()


def test_a_thread_does_it_and_the_workers_own_thread_answers(worker: Worker) -> None:
    worker.give(lambda *_message: (0, threading.get_ident(), 0.0))
    [(_failed, by, _runtime)] = worker.hears(1)
    assert by != threading.get_ident()
    assert worker.answers[0][1] == threading.get_ident()
    assert not worker.children.given


def test_what_is_special_goes_to_a_process(worker: Worker) -> None:
    assert worker.give(print, body(faults=[CRASH])) == "a job of a process"
    assert len(worker.children.given) == 1
    assert worker.answers == []


def test_what_escapes_from_a_message_is_told_as_from_a_process_that_is_lost(worker: Worker) -> None:
    def ends(*_message: Any) -> None:
        raise SystemExit("on purpose")

    worker.give(ends)
    [told] = worker.hears(1)
    assert isinstance(told.exception.exc, SystemExit)


def test_nothing_is_forked_beside_a_thread_at_work(worker: Worker) -> None:
    """What comes meanwhile waits for the new process, or it would never come to be under load."""
    began, may_end = threading.Event(), threading.Event()
    worker.give(lambda *_message: (began.set(), may_end.wait(10)))
    assert began.wait(10)
    worker.children.missing = 1
    worker.pool.maintain_pool()
    assert worker.children.missing == 1
    worker.give(lambda *_message: f"{worker.children.missing} are missing")
    may_end.set()
    assert worker.hears(2)[1] == "0 are missing"


def test_a_worker_without_a_free_thread_for_long_stands_still(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads.settings, "WORKER_CONCURRENCY", 1)
    began, may_end = threading.Event(), threading.Event()
    worker.give(lambda *_message: (began.set(), may_end.wait(10)))
    assert began.wait(10)
    assert not worker.pool.stand_still()
    later = threads.monotonic() + LONG_S + 1
    monkeypatch.setattr(threads, "monotonic", lambda: later)
    assert worker.pool.stand_still()
    may_end.set()
    worker.hears(1)
    assert not worker.pool.stand_still()


def test_a_worker_that_ends_begins_nothing(worker: Worker) -> None:
    """Nobody acknowledges it: it is delivered again."""
    worker.pool._state = worker.pool.CLOSE
    assert worker.give(print) is None
    assert worker.answers == []


def test_nothing_is_looked_for_while_there_is_nothing_to_hand_to_a_process() -> None:
    processes, looks = threads.Processes.__new__(threads.Processes), []
    processes._look, processes.outbound_buffer = lambda: looks.append("looked"), []
    for waiting in ([], [], ["a job"], ["a job"], [], []):
        processes.outbound_buffer = waiting
        processes._look_if_needed()
    assert len(looks) == 1 + 3  # once before it rests, and once more after the last job has gone
