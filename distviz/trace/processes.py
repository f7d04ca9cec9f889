"""Whether a process that said it holds something is still there: the same one, not a zombie, not a later one with its
number."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def me() -> dict[str, Any]:
    """Enough to recognise this process later."""
    return {"pid": os.getpid(), "host": os.uname().nodename, "started": _started(os.getpid())}


def alive(who: Mapping[str, Any]) -> bool:
    """True also for a process of another machine: only that machine can tell."""
    if who.get("host") != os.uname().nodename:
        return True
    try:
        pid = int(who["pid"])
        os.kill(pid, 0)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return _started(pid) == who.get("started")


def _started(pid: int) -> str:
    """The kernel's start time of a process, "" for a zombie; where there is no /proc the number alone has to do."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "?" if not Path("/proc/self").exists() else ""
    return "" if state == "Z" else fields[18]
