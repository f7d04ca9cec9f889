"""Hints to the pages: nobody waits for an answer, and yet a connection that is gone is noticed."""

import os
import uuid
from collections.abc import Callable, Iterator
from functools import lru_cache
from threading import Thread
from typing import Any

import pytest
import redis

from distviz.trace import live
from tests.support.freezing import frozen, server
from tests.support.stack import Stack, wait_for


@pytest.fixture
def valkey(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    address = stack.topology()["broker"]["url"].rsplit("/", 1)[0] + "/1"
    with redis.Redis.from_url(address, decode_responses=True, encoding_errors="replace") as client:  # some is garbage
        monkeypatch.setattr(live, "client", lambda: client)
        monkeypatch.setattr(live, "_quiet_until", 0.0)
        live._line.cache_clear()
        yield client
        live._line.cache_clear()


@pytest.fixture
def hint(valkey: Any) -> Callable[[], str]:
    """Give one, and wait until the stream has it."""

    def give() -> str:
        run = uuid.uuid4()
        live.poke(run, 1, "saga", "alice")
        wait_for(lambda: any(fields["run"] == str(run) for _, fields in valkey.xrevrange(live.STREAM, count=50)), 5)
        return str(run)

    return give


def test_nobody_waits_for_an_answer(hint: Callable[[], str]) -> None:
    for _ in range(20):
        hint()
    assert not live._line(os.getpid()).can_read(timeout=0.1)  # none came


def test_a_connection_that_valkey_has_closed_is_opened_anew(hint: Callable[[], str], valkey: Any) -> None:
    hint()
    first = live._line(os.getpid())
    mine = first._sock.getsockname()
    assert valkey.client_kill_filter(addr=f"{mine[0]}:{mine[1]}") == 1
    hint()
    assert live._line(os.getpid()) is not first


def test_a_process_may_have_lost_its_connection_many_times(hint: Callable[[], str]) -> None:
    """A pool of connections counts those that it has made, and refuses the hundred and first."""
    for _ in range(101):
        live._line(os.getpid()).disconnect()
        live._line.cache_clear()
        live._line(os.getpid())
    hint()


def test_who_comes_while_valkey_stands_still_waits_for_nobody(
    stack: Stack, valkey: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would wait its second, one after the other."""
    live._line.cache_clear()
    asked: list[int] = []
    line = live._line.__wrapped__

    def counted(pid: int) -> Any:
        asked.append(pid)
        return line(pid)

    monkeypatch.setattr(live, "_line", lru_cache(maxsize=1)(counted))
    with frozen(server(stack, "valkey")):
        threads = [Thread(target=live.poke, args=(uuid.uuid4(), 1, "saga", "alice")) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(asked) == 1
    live._line.cache_clear()
