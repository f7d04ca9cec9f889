"""A worker's heartbeat is written by a process that is free for work, and by nobody else."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from distviz.trace import pulse

ACCOUNT = "worker:account"


class Pool:
    """Keeps what it is given until a process is free."""

    def __init__(self) -> None:
        self.wanted: list[str] = []
        self.given: list[tuple[Callable[..., Any], tuple[Any, ...], Callable[..., Any]]] = []

    def apply_async(self, work: Any, args: Any, callback: Any, error_callback: Any) -> None:
        assert callback == error_callback
        self.given.append((work, args, callback))

    def one_is_free(self) -> None:
        _work, _args, done = self.given.pop(0)
        done(None)


def consumer(pool: Pool, *, may_ask: bool = True) -> SimpleNamespace:
    channel = SimpleNamespace(qos=SimpleNamespace(can_consume=lambda: may_ask))
    controller = SimpleNamespace(autoscaler=SimpleNamespace(one_more=lambda: pool.wanted.append("one more")))
    return SimpleNamespace(pool=pool, task_consumer=SimpleNamespace(channel=channel), controller=controller)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    now = SimpleNamespace(now=0.0, monotonic=lambda: now.now)
    monkeypatch.setattr(pulse, "time", now)
    return now


def test_one_pulse_at_a_time(clock: SimpleNamespace) -> None:
    pool = Pool()
    one = pulse.Pulse(consumer(pool), [ACCOUNT])
    one.give()
    clock.now = 2
    assert pool.wanted == []
    one.give()  # nobody was free: the first one still waits, and somebody is to be
    assert pool.wanted == ["one more"]
    assert [(work, args) for work, args, _ in pool.given] == [(pulse.heartbeat, (ACCOUNT,))]
    pool.one_is_free()
    one.give()
    assert len(pool.given) == 1


def test_one_whose_process_was_killed_is_given_again(clock: SimpleNamespace) -> None:
    pool = Pool()
    one = pulse.Pulse(consumer(pool), [ACCOUNT])
    one.give()
    clock.now = pulse.LOST_S + 1
    one.give()
    assert len(pool.given) == 2


@pytest.mark.parametrize("in_hand", [0, 1])
def test_whoever_neither_works_nor_asks_for_messages_is_not_said_to_live(
    clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, in_hand: int
) -> None:
    monkeypatch.setattr(pulse.state, "reserved_requests", {object() for _ in range(in_hand)})
    pool = Pool()
    pulse.Pulse(consumer(pool, may_ask=False), [ACCOUNT]).give()
    assert len(pool.given) == in_hand


def test_a_worker_that_looks_for_its_broker_is_not_said_to_live(clock: SimpleNamespace) -> None:
    pool = Pool()
    looks = consumer(pool)
    looks.task_consumer = None
    pulse.Pulse(looks, [ACCOUNT]).give()
    assert not pool.given
