"""Daphne's access log, with the bounds of every other log."""

from pathlib import Path

from distviz.stack.console import Log


class Rotated:
    """A text stream, as far as Daphne's access log needs one."""

    def __init__(self, path: Path) -> None:
        self._log = Log(path)

    def write(self, text: str) -> None:
        self._log.write(text.rstrip("\n").encode(errors="replace"))
