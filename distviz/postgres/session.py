"""A session whose every wait for an answer has an end. `statement_timeout` is the server's: one that stands still, or
whose network is gone, does not watch it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import get_native_id
from time import monotonic
from typing import Any

import psycopg
from psycopg.errors import _WaitTimeout

WHO = "<who>"  # in a session's name: the process whose it is, or its thread
ENDS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity JOIN unnest(%s::int[], %s::text[]) AS l(pid, name) USING (pid)
WHERE application_name = l.name
"""


class NoAnswer(psycopg.OperationalError):
    """The server has not answered in time. What it was asked to do may have been done, or may be done later."""


@dataclass
class Limit:
    """How long to wait for an answer, and whether that was in vain."""

    seconds: float
    in_vain: bool = False


_limit: ContextVar[Limit | None] = ContextVar("limit", default=None)
_left: dict[tuple[str, int], set[tuple[int, str]]] = {}  # server → its processes that were left without an answer


def thread() -> int | None:
    """The kernel's number of this thread, where it is not the only one of its process: the first one has none."""
    number = get_native_id()
    return number if number != os.getpid() else None


def signed(name: str) -> str:
    """PostgreSQL's list of sessions then says whose each is: from a lock to the run that holds it."""
    if WHO not in name:
        return name
    mine = thread()
    return name.replace(WHO, f"{os.getpid()}/{mine}" if mine else str(os.getpid()))


@contextmanager
def answer_within(seconds: float) -> Iterator[Limit]:
    """Each wait in here is that long at most."""
    mine = Limit(seconds)
    token = _limit.set(mine)
    try:
        yield mine
    finally:
        _limit.reset(token)


class Session(psycopg.Connection[Any]):
    """`answered_at` is when the server said something last (monotonic)."""

    answer_s = 20.0  # how long to wait, if nobody says otherwise
    answered_at = 0.0
    _asks: Any = None

    def for_questions(self) -> Any:
        """A cursor for what is asked and read at once: the same each time."""
        if self._asks is None or self._asks.closed:
            self._asks = self.cursor()
        return self._asks

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """The limit is for the server's answer, not for the transaction: a hold asks nothing, so it waits for
        nothing."""
        if timeout is not None:  # the driver knows what it does then
            return super().wait(gen, interval, timeout)
        limit = _limit.get()
        try:
            found = super().wait(gen, interval, limit.seconds if limit else self.answer_s)
        except _WaitTimeout as late:
            if limit:
                limit.in_vain = True
            self.leave()
            raise NoAnswer("the server has not answered in time") from late
        self.answered_at = monotonic()
        return found

    def leave(self) -> None:
        """Nobody may use this session any more, and the server is to end it as soon as it can."""
        where = _where(self)
        name = self.pgconn.parameter_status(b"application_name") or b""
        _left.setdefault(where, set()).add((self.pgconn.backend_pid, name.decode()))
        self.pgconn.finish()


def end_left(connection: Any) -> None:
    """What was asked in a session that stood still is not to take effect after it was asked again in another one: the
    server ends the old one before it reads on."""
    where = _where(connection)  # a connection that fails below does not know it any more
    left = _left.pop(where, None)
    if not left:
        return
    try:
        with connection.transaction():
            connection.execute(ENDS, [list(column) for column in zip(*left, strict=True)])
    except BaseException:
        _left.setdefault(where, set()).update(left)
        raise


def _where(connection: Any) -> tuple[str, int]:
    return connection.info.host, connection.info.port
