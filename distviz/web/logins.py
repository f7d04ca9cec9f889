"""Checking a password, at a pace at which none can be found by trying: of programs, in the lab's form and the admin's.

Only what was wrong is counted, so that who knows the password may call often and in parallel. A few checks of one
address run at once and the others wait for their turn: wrong ones that come together exceed the limit by that few, and
these are a debt that the next ones wait for.
"""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from distviz.errors import TooMany
from distviz.web.shares import Share

WRONG = Share("logins", size=10, rate=1 / 6)
AT_ONCE = 4  # of one address: a check costs a processor some 0.2 s on purpose
TURN_S = 30.0  # as long may one wait, on a machine that is busy too


class Turns:
    """For each client a semaphore, for as long as somebody uses it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: dict[str, tuple[threading.Semaphore, int]] = {}

    @contextmanager
    def of(self, client: str) -> Iterator[bool]:
        """Whether its turn came in time."""
        turn = self._count(client, 1)
        came = turn.acquire(timeout=TURN_S)
        try:
            yield came
        finally:
            if came:
                turn.release()
            self._count(client, -1)

    def _count(self, client: str, more: int) -> threading.Semaphore:
        with self._lock:
            turn, users = self._used.pop(client, (threading.Semaphore(AT_ONCE), 0))
            if users + more:
                self._used[client] = turn, users + more
            return turn


_turns = Turns()


@contextmanager
def attempt(client: str, wrong: type[Exception]) -> Iterator[None]:
    """Around one check, which raises `wrong` for a wrong password. Raises TooMany before it, if there were too many
    wrong ones. Whatever else it raises (no database answers) is no attempt."""
    with _turns.of(client) as came:
        wait = WRONG.wait(client) if came else 1.0
        if wait:
            raise TooMany(math.ceil(wait), "too_many_logins")
        try:
            yield
        except wrong:
            WRONG.charge(client)
            raise
