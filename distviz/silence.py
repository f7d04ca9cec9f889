"""Which servers have just not answered. A process asks such a server again twice a second, in one thread; whoever comes
meanwhile is told at once, instead of waiting as long for the same."""

import threading
import time
from contextvars import ContextVar

AGAIN_S = 0.5
ASKING_S = 2.0  # what the one that asks may take
deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))  # of the request that is being answered
_lock = threading.Lock()
_silent: dict[str, float] = {}  # server → when it may be asked again


def lasts(server: str) -> bool:
    """Whether to leave it alone. False lets the caller ask it, and for a moment nobody else."""
    with _lock:
        again = _silent.get(server)
        if again is None:
            return False
        now = time.monotonic()
        if now < again:
            return True
        _silent[server] = now + ASKING_S
        return False


def known(server: str) -> bool:
    """Whether it did not answer when it was asked last."""
    return server in _silent


def note(server: str) -> None:
    with _lock:
        _silent[server] = time.monotonic() + AGAIN_S


def over(server: str) -> None:
    if server in _silent:
        with _lock:
            _silent.pop(server, None)


def left() -> float:
    """Seconds until the request that is being answered should be; infinite where there is none."""
    return deadline.get() - time.monotonic()
