"""A worker keeps its connections from task to task, and notices without asking when a server has gone."""

import socket
import time
from types import SimpleNamespace
from typing import Any

import pytest
from celery.fixups.django import DjangoWorkerFixup

from distviz import connections
from distviz.celery import app


class Connection:
    """What Django's wrapper shows of itself, over a real socket."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        pgconn = SimpleNamespace(socket=self.ours.fileno())
        self.connection: Any = SimpleNamespace(pgconn=pgconn, answered_at=time.monotonic())
        self.works = True

    def is_usable(self) -> bool:
        return self.works

    def close_if_unusable_or_obsolete(self) -> None:
        pass

    def close(self) -> None:
        self.connection = None


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Connection:
    made = Connection()
    monkeypatch.setattr(connections, "connections", SimpleNamespace(all=lambda initialized_only: [made]))
    return made


def test_celery_keeps_the_connections() -> None:
    fixup = DjangoWorkerFixup(app)
    closed: list[bool] = []
    fixup._close_database = lambda: closed.append(True)  # type: ignore[method-assign]
    for _ in range(100):
        fixup.close_database()
    assert closed == []


def test_a_quiet_connection_stays(one: Connection) -> None:
    connections.close_broken()
    assert one.connection is not None


def test_one_whose_server_has_gone_is_closed(one: Connection) -> None:
    one.theirs.close()
    connections.close_broken()
    assert one.connection is None


def test_one_that_was_quiet_for_long_is_asked_whether_it_works(one: Connection) -> None:
    one.works = False
    connections.close_broken()
    assert one.connection is not None  # it has just answered
    one.connection.answered_at -= 60
    connections.close_broken()
    assert one.connection is None
