"""Ctrl-C and SIGTERM as a request: what is under way is brought to an end first."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """It is set when somebody asks for an early end."""
    interrupted = threading.Event()

    def ask(_sign: int, _frame: object) -> None:
        interrupted.set()

    before = {sign: signal.signal(sign, ask) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupted
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
