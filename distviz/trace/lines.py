"""What a process says while it works on a run: its log lines, kept with the run.

A logging handler puts each record that is made during a delivery beside it; the next event of that delivery takes
them along in the statement that writes the event. So they cost a step no round trip, come in order, and what a killed
process had said is kept as far as its last event.
"""

import logging
import os
from datetime import UTC, datetime

from distviz.trace import context

MOST = 60  # of one delivery between two events
LONGEST = 1000  # characters


class LineHandler(logging.Handler):
    """Keeps what is logged on behalf of a run; what is logged otherwise goes to the console alone."""

    def emit(self, record: logging.LogRecord) -> None:
        delivery = context.current()
        if delivery is None or len(delivery.lines) >= MOST:
            return
        try:
            text = self.format(record)
        except Exception:  # a record that cannot be written must not end the work that it tells of
            self.handleError(record)
            return
        delivery.lines.append(
            {
                "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
                "level": record.levelname,
                "from": record.name,
                "text": text[:LONGEST].replace("\x00", ""),
                "span": delivery.span_id,
                "pid": os.getpid(),
            }
        )


class Outside(logging.Filter):
    """For the console: the log lines of deliveries are in their runs; warnings are shown here too."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or context.current() is None
