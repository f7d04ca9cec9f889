"""What the programs here have in common: the file that they are told by, threads' connections, the answer."""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

from distviz.bench.beside import template
from distviz.bench.beside.loop import CallLoop

_mine = threading.local()


class Config:
    """{databases, notification, broker, hops, clients, seconds, runs, accounts}"""

    def __init__(self, path: str) -> None:
        self.all = template.read(path)
        self.accounts: Iterator[str] = itertools.cycle(self.all["accounts"])
        self._lock = threading.Lock()

    def account(self) -> str:
        with self._lock:
            return next(self.accounts)

    def hop(self, number: int, tx: str, account: str) -> None:
        """The statements of a hop, on this thread's connections."""
        if not hasattr(_mine, "hands"):
            _mine.hands = template.Hands(self.all["databases"], self.all["notification"])
        template.carry_out(_mine.hands, self.all["hops"][number], tx, account, Decimal(self.all["amount"]))

    def loop(self, once: Callable[[], None]) -> dict[str, Any]:
        @contextmanager
        def opened() -> Iterator[Callable[[], None]]:
            yield once

        return CallLoop(opened, self.all["clients"], self.all["seconds"], self.all["runs"]).go().figures()


def parts(url: str) -> dict[str, str]:
    """Of a database's address; its host may be a folder of sockets."""
    at = urlsplit(url)
    host, _colon, port = at.netloc.rpartition("@")[2].partition(":")
    return {
        "user": unquote(at.username or ""),
        "password": unquote(at.password or ""),
        "host": unquote(host),
        "port": port or "5432",
        "dbname": at.path.strip("/"),
    }


def answer(found: dict[str, Any]) -> None:
    print("\n" + json.dumps(found), flush=True)
