"""What the processes say: each line to the console, prefixed by its role, and to its own log file."""

import contextlib
import os
import sys
from pathlib import Path
from typing import TextIO

COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94, 91)
KEEP = 5_000_000  # bytes of a log file before it becomes <name>.log.1
LINE = 16_000  # a longer "line" is cut into several: no child may make the launcher grow


class Log:
    """One role's file, rotated by size."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open()

    def _open(self) -> None:
        self._file = self._path.open("ab", buffering=0)
        self._size = self._path.stat().st_size

    def write(self, line: bytes) -> None:
        if self._size > KEEP:
            self._file.close()
            self._path.replace(self._path.with_suffix(".log.1"))
            self._open()
        self._size += len(line) + 1
        with contextlib.suppress(OSError):  # a full disk must not stop the stack from being watched
            self._file.write(line + b"\n")


class Console:
    """The terminal. Roles are coloured on a tty only, and NO_COLOR is respected."""

    def __init__(self, folder: Path, out: TextIO | None = None) -> None:
        self.folder = folder
        self._out = out or sys.stdout
        self._colour = self._out.isatty() and "NO_COLOR" not in os.environ
        self._width = len("worker:notification")
        self._colours: dict[str, int] = {}
        self._logs: dict[str, Log] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def log(self, role: str) -> Log:
        if role not in self._logs:
            self._logs[role] = Log(self.folder / f"{role.replace(':', '-')}.log")
        return self._logs[role]

    def say(self, role: str, text: str) -> None:
        """A line of a role on the console, or of the launcher itself (role "up")."""
        prefix = f"{role:<{self._width}} |"
        if self._colour:
            colour = self._colours.setdefault(role, COLOURS[len(self._colours) % len(COLOURS)])
            prefix = f"\033[{colour}m{prefix}\033[0m"
        self.plain(f"{prefix} {text}")

    def plain(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # the terminal is gone; the stack is not
            print(text, file=self._out, flush=True)


def printable(line: bytes) -> str:
    """Control characters of a log line must not reach the terminal as commands."""
    text = line.decode(errors="replace").rstrip()
    return "".join(letter if letter.isprintable() or letter == "\t" else "�" for letter in text)
