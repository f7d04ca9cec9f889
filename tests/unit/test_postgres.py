"""The pool's patience: as long as configured while a server answers, short while it does not."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

from distviz.postgres.base import AWAY_S, DatabaseWrapper


@pytest.fixture
def pooled(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What a connection object says of its pool."""
    pool = SimpleNamespace(timeout=2)
    monkeypatch.setattr(DatabaseWrapper, "pool", pool)
    return pool


def ask(monkeypatch: pytest.MonkeyPatch, answer: Any) -> Any:
    def connect(self: object, params: object) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(base.DatabaseWrapper, "get_new_connection", connect)
    options = {"pool": {"timeout": 2}}
    return DatabaseWrapper({"OPTIONS": options, "TIME_ZONE": None, "CONN_MAX_AGE": 0}, "account").get_new_connection({})


def test_a_server_that_is_away_is_waited_for_once(pooled: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PoolTimeout):
        ask(monkeypatch, PoolTimeout())
    assert pooled.timeout == AWAY_S
    assert ask(monkeypatch, "a connection") == "a connection"
    assert pooled.timeout == 2
