"""What a delivery tells is written in few statements: what has happened may wait for what happens right after it. It is
written before anything can follow from it elsewhere: before the work that it says begins, before a message leaves, and
with a wait, a failure or an end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from distviz.trace import log, writing
from distviz.trace.log_events import Completion, FirstDelivery, PendingEvent, RunStanding
from distviz.trace.post import Post


class NotAdmitted(BaseException):
    """The delivery could not be counted: the run is over, or this is not the first one. Nothing was done for it yet,
    and nothing may be. No handler is to take it for a failure of its work."""


@dataclass(frozen=True)
class Leaving:
    """A message that leaves once the log says that it does; with this post, if it is not to leave alone. `fail` tells
    that it did not."""

    publish: Callable[[Post | None], None]
    fail: Callable[[Exception], None]


@dataclass
class Gathering:
    """The part of a delivery that writes. `gathers` says whether anything may wait: not where somebody looks at every
    single event, or where a failure was switched on. A delivery that is not `admitted` is counted by the statement that
    writes its first events, if it is the handler's `first`; otherwise it was counted, and the run may have ended."""

    run_id: str
    gathers: bool = field(default=False, kw_only=True)
    admitted: bool = field(default=True, kw_only=True)
    first: FirstDelivery | None = field(default=None, kw_only=True)
    in_company: bool = field(default=False, kw_only=True)  # it is written together with others: see together.py
    lines: list[dict[str, Any]] = field(default_factory=list, kw_only=True)  # said since the last event, see lines.py
    pending: list[PendingEvent] = field(default_factory=list, kw_only=True)
    leaving: list[Leaving] = field(default_factory=list, kw_only=True)

    def take(self, one: PendingEvent) -> None:
        """One more to be written; at once, and if that fails not later either, unless this delivery gathers."""
        self.pending.append(one)
        if self.gathers:
            return
        try:
            self.flush()
        except BaseException:
            self.pending = []
            raise

    def flush(self) -> None:
        """Write what happened, and let leave what is to leave. Raises NotAdmitted, and what publishing raises."""
        self.write()
        self._let_leave()

    def write(self) -> None:
        """The first half: messages do not leave yet."""
        if self.pending:
            self._write(None)

    def complete(self, completion: Completion, attempt: int) -> RunStanding | None:
        """The same together with the end of this delivery; how the run stands then, or None if it was over. If a
        message cannot leave, the delivery is not at its end."""
        if not self.admitted:
            self.write()
        written = self._write(completion)
        try:
            self._let_leave()
        except Exception:
            log.reopen(self.run_id, completion.who, attempt)
            raise
        return written

    def _write(self, completion: Completion | None) -> RunStanding | None:
        written = writing.write(self.run_id, self.to_write(), first=self.first, completion=completion)
        self.pending = []
        if written is None and not self.admitted:
            raise NotAdmitted
        self.admitted, self.first = True, None
        return written

    def _let_leave(self) -> None:
        leaving, self.leaving = self.leaving, []
        for place, message in enumerate(leaving):
            try:
                message.publish(None)
            except Exception as error:  # the broker does not answer: the others need not be tried
                for lost in leaving[place:]:
                    lost.fail(error)
                raise

    def to_write(self) -> list[PendingEvent]:
        """What is to be written now, with all that the process has said."""
        if self.pending:
            self.pending[-1].event.lines.extend(self.lines_so_far())
        return self.pending

    def lines_so_far(self) -> list[dict[str, Any]]:
        """What the process has said since the last event; the next one takes it along."""
        taken, self.lines = self.lines, []
        return taken

    def say_rest(self) -> None:
        """What was said after the last event: rare, so it may cost a statement of its own."""
        if self.lines and not self.pending:
            log.add_lines(self.run_id, self.lines_so_far())
