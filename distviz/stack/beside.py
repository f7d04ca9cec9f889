"""A command that a page starts: a process of its own, for which no request waits. What it finds it writes down."""

import os
import subprocess
import sys
from pathlib import Path

from distviz.stack import layout

_MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
_children: "list[subprocess.Popen[bytes]]" = []


def manage(command: str, *arguments: str) -> None:
    """`manage.py command …`; what it says is in the log of that name. Raises OSError."""
    log = layout.home() / "log" / f"{command}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, str(_MANAGE), command, *arguments],
            env={**os.environ, "DISTVIZ_ROLE": ""},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    _children.append(process)
    for child in list(_children):
        if child.poll() is not None:  # its end was asked for, so that no zombie is left
            _children.remove(child)
