"""What a process of the stack is, and the knot that ties it to the launcher."""

import ctypes
import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

_SET_PDEATHSIG = 1  # of prctl(2)


@dataclass
class Process:
    """What to run. `quiet` lines go to the log file only: a server's routine messages would flood the console."""

    role: str
    command: list[str]
    other_user: tuple[str, ...] = ()  # words in front that change who it is; see asroot.py
    env: dict[str, str] = field(default_factory=dict)
    before: Callable[[], Awaitable[None]] | None = None
    stop: signal.Signals = signal.SIGTERM
    on_orphaned: signal.Signals = signal.SIGTERM
    quiet: tuple[str, ...] = ()
    supervised: bool = True


def tied(sign: signal.Signals) -> list[str]:
    """The kernel sends `sign` when the launcher dies, even by kill -9."""
    if not shutil.which("setpriv"):
        return []
    return ["setpriv", f"--pdeathsig={sign.name.removeprefix('SIG')}", "--"]


def tie(sign: int, parent: int) -> None:
    """The same for a process that was forked: the kernel sends it `sign` when its parent dies, even by kill -9."""
    with suppress(AttributeError):  # no prctl here
        ctypes.CDLL(None).prctl(_SET_PDEATHSIG, sign)
        if os.getppid() != parent:
            os.kill(os.getpid(), sign)
