"""A frame goes into the socket at once, unless something waits before it."""

import gc
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.main import CONNECTION_LOST

from distviz.front import server
from distviz.front.server import LiveView

FREE = {"dataBuffer": b"", "_tempDataBuffer": [], "TLS": False, "disconnecting": False, "connected": 1}


def written(*, takes: Any = 100, queue: tuple[str, ...] = (), **line: Any) -> tuple[list[bytes], list[bytes]]:
    """What went into the socket, and what was left to the reactor."""
    at_once: list[bytes] = []
    later: list[bytes] = []

    def write(data: bytes) -> Any:
        at_once.append(data)
        return min(takes, len(data)) if isinstance(takes, int) else takes

    view = LiveView.__new__(LiveView)
    view.transport = SimpleNamespace(**{**FREE, **line}, writeSomeData=write)
    view.send_queue = deque(queue)
    view.sendData = later.append
    view.write_at_once(b"abcdef")
    return at_once, later


def test_an_idle_line_takes_it_at_once() -> None:
    assert written() == ([b"abcdef"], [])


@pytest.mark.parametrize(
    "busy",
    [{"dataBuffer": b"x"}, {"_tempDataBuffer": [b"x"]}, {"TLS": True}, {"disconnecting": True}, {"connected": 0}],
)
def test_what_waits_goes_first(busy: dict[str, Any]) -> None:
    assert written(**busy) == ([], [b"abcdef"])
    assert written(queue=("x",)) == ([], [b"abcdef"])


def test_what_the_socket_does_not_take_is_left_to_the_reactor() -> None:
    assert written(takes=2) == ([b"abcdef"], [b"cdef"])
    assert written(takes=0) == ([b"abcdef"], [b"abcdef"])
    assert written(takes=CONNECTION_LOST) == ([b"abcdef"], [b"abcdef"])


def test_the_collector_leaves_alone_what_was_loaded_before_the_first_request(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    for name in ("collect", "freeze"):
        monkeypatch.setattr(gc, name, lambda name=name: order.append(name))
    monkeypatch.setattr(server.daphne.server.Server, "run", lambda self: order.append("run"))
    server.Server.__new__(server.Server).run()
    assert order == ["collect", "freeze", "run"]
