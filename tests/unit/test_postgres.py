"""A server that is away is waited for once; one that is back is found at the next knock."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.backends.postgresql import base as django_base
from psycopg_pool import PoolTimeout

from distviz.postgres import base

Ask = Callable[[], Any]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the pool gives, one after the other; nothing left is a time-out of 0.2 s."""
    left: list[Any] = []
    clock = SimpleNamespace(now=0.0)

    def connect(self: object, params: object) -> Any:
        clock.now += 0.2
        if left and (answer := left.pop(0)):
            return answer
        raise PoolTimeout

    monkeypatch.setattr(django_base.DatabaseWrapper, "get_new_connection", connect)
    monkeypatch.setattr(base.DatabaseWrapper, "pool", object())
    monkeypatch.setattr(base, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(base, "_away", set())
    return left


@pytest.fixture
def ask() -> Ask:
    return lambda: base.DatabaseWrapper({"OPTIONS": {}}, "account").get_new_connection({})


def test_a_server_that_is_started_again_is_waited_for(answers: list[Any], ask: Ask) -> None:
    answers += [None] * 20 + ["a connection"]
    assert ask() == "a connection"


def test_one_that_is_away_is_waited_for_once(answers: list[Any], ask: Ask) -> None:
    answers += [None] * 60
    with pytest.raises(PoolTimeout):
        ask()
    left = len(answers)
    assert left < 40
    with pytest.raises(PoolTimeout):
        ask()
    assert len(answers) == left - 1
    answers[:] = ["it is back", None, None, "and patience with it"]
    assert [ask(), ask()] == ["it is back", "and patience with it"]
