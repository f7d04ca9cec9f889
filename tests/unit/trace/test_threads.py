"""A pool of threads: they work, and the worker's own thread answers."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from kombu.asynchronous import Hub

from distviz.trace.threads import TaskPool
from tests.support.stack import wait_for


class Worker:
    """The pool in the hands of a worker's loop, and what that was answered: what, and in which thread."""

    def __init__(self) -> None:
        self.pool = TaskPool(limit=2)
        self.pool.start()
        self.hub = Hub()
        self.pool.register_with_event_loop(self.hub)
        self.begun: list[int] = []
        self.answers: list[tuple[Any, int]] = []

    def give(self, target: Any) -> Any:
        def answered(what: Any) -> None:
            self.answers.append((what, threading.get_ident()))

        return self.pool.apply_async(
            target,
            ("saga.payment.charge", "an id"),
            accept_callback=lambda pid, at: self.begun.append(pid),
            callback=answered,
            error_callback=answered,
        )

    def hears(self, count: int) -> list[Any]:
        """It turns, and is woken as soon as there is something to hear."""

        def turns() -> bool:
            self.hub.run_once()
            return len(self.answers) >= count

        wait_for(turns, 10, "answers")
        return [what for what, _thread in self.answers]


@pytest.fixture
def worker() -> Iterator[Worker]:
    one = Worker()
    yield one
    one.pool.stop()
    one.hub.close()


def test_a_thread_does_it_and_the_workers_own_thread_answers(worker: Worker) -> None:
    worker.give(lambda *_message: (0, threading.get_ident(), 0.0))
    [(_failed, by, _runtime)] = worker.hears(1)
    assert by != threading.get_ident()
    assert worker.answers[0][1] == threading.get_ident()
    assert len(worker.begun) == 1


def test_what_escapes_from_a_message_is_told_as_from_a_process_that_is_lost(worker: Worker) -> None:
    def ends(*_message: Any) -> None:
        raise SystemExit("on purpose")

    worker.give(ends)
    [told] = worker.hears(1)
    assert isinstance(told.exception.exc, SystemExit)


def test_one_waits_and_the_other_works(worker: Worker) -> None:
    may_end = threading.Event()
    worker.give(lambda *_message: may_end.wait(10))
    worker.give(lambda *_message: "the other one")
    assert worker.hears(1) == ["the other one"]
    may_end.set()
    assert worker.hears(2)[1] is True


def test_a_pulse_waits_for_a_thread_that_is_free(worker: Worker) -> None:
    may_end = threading.Event()
    for _ in range(2):
        worker.give(lambda *_message: may_end.wait(10))
    beats: list[str] = []
    worker.pool.apply_async(beats.append, ("a beat",), callback=print, error_callback=print)
    assert not beats
    may_end.set()
    worker.hears(2)
    wait_for(lambda: beats, 10, "a beat")


def test_what_ended_while_there_was_no_loop_is_answered_in_the_next_one(worker: Worker) -> None:
    """It looks for its broker meanwhile, and nobody listens."""
    worker.hub.reset()
    ended = threading.Event()
    worker.give(lambda *_message: ended.set())
    assert ended.wait(10)
    worker.pool.register_with_event_loop(worker.hub)
    assert worker.hears(1) == [None]


def test_a_worker_that_ends_begins_nothing_and_answers_for_what_it_has(worker: Worker) -> None:
    """What it has not begun nobody acknowledges: it is delivered again."""
    began, may_end = threading.Event(), threading.Event()
    worker.give(lambda *_message: (began.set(), may_end.wait(10)))
    assert began.wait(10)
    worker.pool.close()
    assert worker.give(print) is None
    may_end.set()
    worker.pool.stop()
    assert len(worker.answers) == 1
