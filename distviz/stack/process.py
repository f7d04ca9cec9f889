"""What a process of the stack is, and the knot that ties it to the launcher."""

import shutil
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


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
