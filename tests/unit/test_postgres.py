"""A server that is away is waited for once; one that is back is found at the next request; no wait is endless."""

import time as clocks
from collections import defaultdict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from weakref import WeakSet

import pytest
from django.db.backends.postgresql import base as django_base
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from distviz import silence
from distviz.postgres import base, session

Ask = Callable[[], Any]


class Connection:
    info = SimpleNamespace(host="/tmp", port=5432)


CONNECTION: Any = Connection()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    now = SimpleNamespace(now=0.0, monotonic=lambda: now.now)
    monkeypatch.setattr(base, "time", now)
    monkeypatch.setattr(silence, "time", now)
    monkeypatch.setattr(silence, "_silent", {})
    return now


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, clock: SimpleNamespace) -> list[Any]:
    """What the pool gives, one after the other; nothing left is a time-out of 0.2 s."""
    left: list[Any] = []

    def connect(self: object, params: object) -> Any:
        clock.now += 0.2
        if left and (answer := left.pop(0)):
            return answer
        raise PoolTimeout

    monkeypatch.setattr(django_base.DatabaseWrapper, "get_new_connection", connect)
    monkeypatch.setattr(base.DatabaseWrapper, "pool", SimpleNamespace(max_size=2))
    monkeypatch.setattr(base, "_in_use", defaultdict(WeakSet))
    return left


@pytest.fixture
def ask() -> Ask:
    return lambda: base.DatabaseWrapper({"OPTIONS": {}}, "account").get_new_connection({})


def test_a_server_that_is_started_again_is_waited_for(answers: list[Any], ask: Ask) -> None:
    answers += [None] * 20 + [CONNECTION]
    assert ask() is CONNECTION


def test_one_that_is_away_is_waited_for_once(answers: list[Any], ask: Ask, clock: SimpleNamespace) -> None:
    answers += [None] * 60
    with pytest.raises(PoolTimeout):
        ask()
    left = len(answers)
    assert left < 40
    with pytest.raises(session.NoAnswer):  # at once
        ask()
    assert len(answers) == left
    clock.now += 1
    with pytest.raises(PoolTimeout):  # one is let through, and asks once
        ask()
    assert len(answers) == left - 1
    clock.now += 1
    answers[:] = [CONNECTION, None, None, CONNECTION]
    assert [ask(), ask()] == [CONNECTION, CONNECTION]


def test_a_request_waits_no_longer_than_it_has(answers: list[Any], ask: Ask, clock: SimpleNamespace) -> None:
    answers += [None] * 60
    token = silence.deadline.set(clock.now + 1)
    with pytest.raises(OperationalError):
        ask()
    silence.deadline.reset(token)
    assert clock.now < 1.5


def test_a_crowd_says_nothing_of_the_server(answers: list[Any], ask: Ask, clock: SimpleNamespace) -> None:
    """Whoever comes when every session is in use waits, and nobody after it is told that the server is away."""
    others: list[Any] = [Connection(), Connection()]
    answers += [*others, *[None] * 60]
    assert [ask(), ask()] == others
    token = silence.deadline.set(clock.now + 1)
    with pytest.raises(base.Busy):
        ask()
    silence.deadline.reset(token)
    answers[:] = [None, others.pop()]
    assert ask()


def test_a_server_that_stands_still_is_asked_again_by_one_alone(clock: SimpleNamespace) -> None:
    silence.note("a")
    assert silence.lasts("a")
    clock.now += 0.6
    assert [silence.lasts("a"), silence.lasts("a"), silence.lasts("b")] == [False, True, False]
    clock.now += 1
    assert silence.lasts("a")  # the other one still asks
    silence.over("a")
    assert not silence.lasts("a")


def test_what_could_not_be_ended_is_ended_by_the_next_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection that stood still as well does not even know its server any more."""

    class Silent:
        """Closed by the failure of its first statement."""

        closed = False

        @property
        def info(self) -> SimpleNamespace:
            if self.closed:
                raise OperationalError("the connection is closed")
            return SimpleNamespace(host="h", port=6)

        def transaction(self) -> Any:
            self.closed = True
            raise session.NoAnswer

    session._left["h", 6] = {(7, "distviz worker 7")}
    with pytest.raises(session.NoAnswer):
        session.end_left(Silent())
    assert session._left.pop(("h", 6)) == {(7, "distviz worker 7")}


def test_a_session_is_left_when_no_answer_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the very function that waits; what is left behind is ended with the next connection."""
    import socket

    ours, _theirs = socket.socketpair()
    left: list[str] = []

    def question() -> Any:
        while True:
            yield session.psycopg.waiting.WAIT_R

    one = session.Session.__new__(session.Session)
    one.pgconn = SimpleNamespace(  # type: ignore[assignment]
        socket=ours.fileno(),
        backend_pid=7,
        finish=lambda: left.append("finished"),
        parameter_status={b"application_name": b"distviz worker 7"}.get,
        host=b"h",
        port=b"5",
        status=0,
    )
    monkeypatch.setattr(session, "_where", lambda _: ("h", 5))
    began = clocks.monotonic()
    with session.answer_within(0.2) as asked, pytest.raises(session.NoAnswer):
        one.wait(question())
    assert clocks.monotonic() - began < 5
    assert asked.in_vain
    assert left == ["finished"]
    assert session._left.pop(("h", 5)) == {(7, "distviz worker 7")}
