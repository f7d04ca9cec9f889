"""What is said again and again is said a few times, then counted: an outage fills no log."""

import logging
import os
import threading
import time
from dataclasses import dataclass

SHOWN = 2  # of the same kind within an interval
EVERY_S = 10.0


Kind = tuple[object, ...]


@dataclass
class _Said:
    since: float
    times: int = 0


class Repeats(logging.Filter):
    """For warnings and errors. Two are of the same kind if the same line of the program says them, of an exception of
    the same type from the same line. `extra={"repeated": True}` lets one pass whatever was said before."""

    def __init__(self) -> None:
        super().__init__()
        self._fresh()
        os.register_at_fork(after_in_child=self._fresh)

    def _fresh(self) -> None:
        """Also for a process that was forked while another thread held the lock."""
        self._lock = threading.Lock()
        self._said: dict[Kind, _Said] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING or hasattr(record, "repeated"):
            return True
        with self._lock:
            kind = (record.pathname, record.lineno, *_raised(record))
            said = self._said.get(kind)
            if said is None or time.monotonic() - said.since > EVERY_S:
                said = self._said[kind] = _Said(time.monotonic())
            said.times += 1
            if said.times == SHOWN + 1:
                self._later(record, kind, said)
            return said.times <= SHOWN

    def _later(self, record: logging.LogRecord, kind: Kind, said: _Said) -> None:
        """The count is told although nothing may be said any more."""
        timer = threading.Timer(EVERY_S, self._count, (record, kind, said))
        timer.daemon = True
        timer.start()

    def _count(self, record: logging.LogRecord, kind: Kind, said: _Said) -> None:
        with self._lock:
            if self._said.get(kind) is said:
                del self._said[kind]
        text = f"{said.times - SHOWN} more like this in {EVERY_S:g} s: {record.getMessage():.300}"
        logging.getLogger(record.name).log(record.levelno, "%s", text, extra={"repeated": True})


def _raised(record: logging.LogRecord) -> Kind:
    """The exception's type, and the line that raised it."""
    raised = record.exc_info[1] if record.exc_info else None
    if raised is None:
        return ()
    at = raised.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    return (type(raised), at.tb_frame.f_code.co_filename, at.tb_lineno) if at else (type(raised),)
