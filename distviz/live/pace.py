"""How far behind somebody is. Who is behind for longer than a moment is told so, and by how much."""

import time
from collections import deque

TOLD_S = 0.5
EXACT_S = 0.05


class Pace:
    """When which event of one run was heard of. Times are of the monotonic clock, in seconds."""

    def __init__(self, seq: int) -> None:
        self._marks: deque[tuple[int, float]] = deque([(seq, time.monotonic())], maxlen=200)

    def heard(self, seq: int) -> None:
        now = time.monotonic()
        if now - self._marks[-1][1] < EXACT_S:
            self._marks[-1] = (seq, self._marks[-1][1])
        else:
            self._marks.append((seq, now))

    def behind(self, last: int) -> int:
        """How many events, in two digits, those who have the events up to `last` are behind; 0 if the first of them is
        no older than a moment."""
        now = time.monotonic()
        since = next((at for seq, at in self._marks if seq > last), now)
        return _rough(self._marks[-1][0] - last) if now - since > TOLD_S else 0


def _rough(number: int) -> int:
    """1,234 → 1,200: nobody reads the rest of a number that changes all the time."""
    unit = int(10 ** max(len(str(number)) - 2, 0))
    return number // unit * unit
