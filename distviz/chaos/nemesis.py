"""Does what the schedule says to the processes, servers and databases of a stack, and heals all of it."""

import contextlib
import http.client
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from distviz.chaos import schedule
from distviz.chaos.own import OwnStack
from distviz.chaos.schedule import Failure

HEAL_S = 60.0
_END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
WRITABLE = {"default_transaction_read_only": "off"}
Trouble = (OSError, psycopg.Error, redis.RedisError, http.client.HTTPException)


class Nemesis:
    """`disturbance` is what the network does just now, "" or one of schedule.NETWORK; the clients ask for it."""

    def __init__(self, stack: OwnStack, failures: Sequence[Failure], say: Callable[[str], None]) -> None:
        self._stack, self._failures, self._say = stack, failures, say
        self._stopped: dict[tuple[str, float], int] = {}  # processes that stand still
        self._read_only: set[str] = set()
        self._dice = random.Random(0)
        self.done: Counter[str] = Counter()
        self.missed: list[str] = []
        self.disturbance = ""

    def go(self, seconds: float, interrupted: threading.Event) -> None:
        """Returns when the time is over, or at once when interrupted; then everything has to be healed."""
        began = time.monotonic()
        for at, act in self._plan(seconds):
            if interrupted.wait(max(0.0, began + at - time.monotonic())):
                return
            act()

    def _plan(self, seconds: float) -> list[tuple[float, Callable[[], None]]]:
        plan = [(failure.at, self._doing(failure)) for failure in self._failures]
        plan += [(one.until, self._healing(one)) for one in self._failures if one.lasts and one.until <= seconds]
        return sorted([*plan, (seconds, lambda: None)], key=lambda one: one[0])

    def _doing(self, failure: Failure) -> Callable[[], None]:
        def act() -> None:
            self._say(str(failure))
            try:
                _DO[failure.kind](self, failure)
            except Trouble as error:  # its target is away just now because of an earlier failure
                self.missed.append(f"{failure}: {error}".strip())
            else:
                self.done[failure.kind] += 1

        return act

    def _healing(self, failure: Failure) -> Callable[[], None]:
        def act() -> None:
            with contextlib.suppress(*Trouble):
                _UNDO[failure.kind](self, failure)

        return act

    def heal(self) -> None:
        """Whatever still lasts. A database whose server is restarting just now is tried again."""
        self.disturbance = ""
        for key in list(self._stopped):
            self._go_on(key)
        deadline = time.monotonic() + HEAL_S
        while not self._writable() and time.monotonic() < deadline:
            time.sleep(0.2)

    def _writable(self) -> bool:
        for alias in sorted(self._read_only):
            with contextlib.suppress(*Trouble):
                self._make_writable(alias)
        return not self._read_only

    # --- one function for each kind ---------------------------------------------------------------------------
    def kill(self, failure: Failure) -> None:
        os.kill(self._pid(failure.target), signal.SIGKILL)

    def kill_child(self, failure: Failure) -> None:
        children = _below(self._pid(failure.target))
        if not children:
            raise ProcessLookupError(f"{failure.target} has no child")
        os.kill(children[int(self._dice.random() * len(children))], signal.SIGKILL)

    def pause(self, failure: Failure) -> None:
        """The role with all of its processes: they are one group."""
        pid = self._pid(failure.target)
        os.killpg(pid, signal.SIGSTOP)
        self._stopped[failure.target, failure.at] = pid

    def resume(self, failure: Failure) -> None:
        self._go_on((failure.target, failure.at))

    def _go_on(self, key: tuple[str, float]) -> None:
        pid = self._stopped.pop(key, 0)
        if pid and self._stack.pid(key[0]) == pid:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGCONT)

    def restart(self, failure: Failure) -> None:
        """PostgreSQL stops at once, without a checkpoint, as in a crash; the others are killed. The launcher starts
        them again."""
        hard = signal.SIGQUIT if failure.target in schedule.POSTGRES else signal.SIGKILL
        os.kill(self._pid(failure.target), hard)

    def sessions(self, failure: Failure) -> None:
        self._stack.sql(failure.target, _END_SESSIONS)

    def read_only(self, failure: Failure) -> None:
        self._read_only.add(failure.target)
        self._set_read_only(failure.target, "SET default_transaction_read_only = on")

    def read_write(self, failure: Failure) -> None:
        self._make_writable(failure.target)

    def _make_writable(self, alias: str) -> None:
        self._set_read_only(alias, "RESET default_transaction_read_only")
        self._read_only.discard(alias)

    def _set_read_only(self, alias: str, how: str) -> None:
        """For sessions that begin from now on; so those that are there are ended."""
        with self._stack.session(alias, **WRITABLE) as connection:
            name = sql.Identifier(connection.info.dbname)
            connection.execute(sql.SQL("ALTER DATABASE {} " + how).format(name))
            connection.execute(_END_SESSIONS)

    def flush(self, _failure: Failure) -> None:
        self._stack.broker().flushall()

    def disturb(self, failure: Failure) -> None:
        self.disturbance = failure.kind

    def calm(self, failure: Failure) -> None:
        if self.disturbance == failure.kind:
            self.disturbance = ""

    def _pid(self, role: str) -> int:
        pid = self._stack.pid(role)
        if not pid:
            raise ProcessLookupError(f"{role} is not running")
        return pid


_DO: dict[str, Callable[[Nemesis, Failure], None]] = {
    schedule.KILL: Nemesis.kill,
    schedule.KILL_CHILD: Nemesis.kill_child,
    schedule.PAUSE: Nemesis.pause,
    schedule.LONG_PAUSE: Nemesis.pause,
    schedule.RESTART: Nemesis.restart,
    schedule.SESSIONS: Nemesis.sessions,
    schedule.READ_ONLY: Nemesis.read_only,
    schedule.FLUSH: Nemesis.flush,
    **dict.fromkeys(schedule.NETWORK, Nemesis.disturb),
}
_UNDO: dict[str, Callable[[Nemesis, Failure], None]] = {
    schedule.PAUSE: Nemesis.resume,
    schedule.LONG_PAUSE: Nemesis.resume,
    schedule.READ_ONLY: Nemesis.read_write,
    **dict.fromkeys(schedule.NETWORK, Nemesis.calm),
}


def _below(parent: int) -> list[int]:
    """Its children, and theirs."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            above = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(above, []).append(int(entry.name))
    found, level = list[int](), [parent]
    while level := [child for one in level for child in children.get(one, ())]:
        found += level
    return sorted(found)
