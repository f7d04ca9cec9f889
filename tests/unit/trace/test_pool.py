"""A worker has as many processes as it has needed at once lately, and always one."""

from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from celery.worker import state

from distviz.trace import pool
from distviz.trace.sweeps import sweep_task


class Processes:
    """Celery's pool, as far as it is asked: each process by the descriptor of its queue."""

    def __init__(self):
        self._pool = SimpleNamespace(_pool=[], _all_inqueues=set(), _busy_workers=set(), _processes=0)
        self.ended = []
        self.grow(1)

    @property
    def num_processes(self):
        return self._pool._processes

    def grow(self, n):
        for _one in range(n):
            fd = len(self._pool._pool) + 1
            ends = partial(self.ended.append, fd)
            self._pool._pool.append(SimpleNamespace(inqW_fd=fd, terminate_controlled=ends))
            self._pool._all_inqueues.add(fd)
            self._pool._processes += 1

    def maintain_pool(self):
        pass


@pytest.fixture
def worker(monkeypatch):
    """What a worker with so many messages in hand has, so many seconds later."""
    now = [100.0]
    monkeypatch.setattr(pool, "monotonic", lambda: now[0])
    monkeypatch.setattr(pool, "PROCESSORS", 4)
    scaler = pool.Autoscaler(Processes(), max_concurrency=4, min_concurrency=1)

    def processes(in_hand, after=0.0, ticks=0, begun=0, eta=None):
        now[0] += after
        names = [sweep_task.name] * ticks + ["saga.account.deduct"] * in_hand
        reserved = [SimpleNamespace(name=name, id=place, eta=eta) for place, name in enumerate(names)]
        monkeypatch.setattr(state, "reserved_requests", reserved)
        monkeypatch.setattr(state, "active_requests", reserved[:begun])
        scaler.maybe_scale(object() if in_hand else None)
        return scaler.processes

    processes.scaler = scaler
    return processes


@pytest.fixture
def on_two(worker, monkeypatch):
    """The same on a machine with two processors."""
    monkeypatch.setattr(pool, "PROCESSORS", 2)
    return worker


def test_more_than_there_are_processors_only_if_a_message_waits_for_long(on_two):
    """Two steps are held, and two messages wait behind them."""
    assert on_two(4, begun=2) == 2
    assert on_two(4, begun=2, after=0.2) == 2
    assert on_two(4, begun=2, after=0.1) == 4
    assert on_two(1, after=119) == 4


def test_what_comes_and_goes_does_not_wait_for_long(on_two):
    assert [on_two(4, begun=2, after=0.2), on_two(4, begun=4, after=0.2), on_two(4, begun=2, after=0.2)] == [2, 2, 2]


@pytest.mark.parametrize(("minutes", "processes"), [(1, 2), (-1, 3)])
def test_a_repetition_does_not_wait_before_its_time(on_two, minutes, processes):
    on_two(3, begun=2, eta=datetime.now(UTC) + timedelta(minutes=minutes))
    assert on_two(3, begun=2, eta=datetime.now(UTC) + timedelta(minutes=minutes), after=1) == processes


def test_one_more_is_there_as_soon_as_it_is_needed(worker):
    assert [worker(1), worker(2), worker(4), worker(9)] == [1, 2, 4, 4]


def test_ticks_keep_nobody(worker):
    assert worker(4) == 4
    assert [worker(0, after=1, ticks=1) for _second in range(121)][-1] == 1


def test_ticks_that_came_together_are_one_thing_to_do(worker):
    assert [worker(0, ticks=9), worker(1, ticks=9), worker(2, ticks=1)] == [1, 2, 3]


def test_who_was_needed_stays_a_while(worker):
    assert [worker(3), worker(1, after=119), worker(3, after=1), worker(0, after=119), worker(0, after=2)] == [
        3,
        3,
        3,
        3,
        1,
    ]


def test_who_has_something_in_hand_is_not_ended(worker):
    """Celery's own choice went by what a process has said that it has begun, and ended it between the two."""
    assert worker(3) == 3
    celerys = worker.scaler.pool._pool
    celerys._busy_workers.add(1)
    assert worker(0, after=121) == 1
    assert worker.scaler.pool.ended == [2, 3]
    assert celerys._all_inqueues == {1}  # the others are handed nothing more
    celerys._busy_workers.clear()
    assert worker(0, after=121) == 1


def test_one_more_is_there_when_nobody_answers(worker):
    worker.scaler.one_more()
    assert worker(1) == 2
    for _time in range(5):
        worker.scaler.one_more()
    assert worker(1, after=119) == 4
    assert worker(1, after=2) == 1
