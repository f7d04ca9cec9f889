"""How fast one client may ask for runs: a token bucket each, in the memory of this web server."""

import math
import threading
import time
from collections import OrderedDict

from django.conf import settings

from distviz.errors import TooMany

CLIENTS = 10_000  # the longest unseen are forgotten: ten thousand addresses must not fill the memory


class Buckets:
    """`rate` tokens a second flow into each client's bucket, which holds `size`: one second's worth, if not told."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, client: str, rate: float, now: float, *, size: float = 0, wanted: float = 1) -> float:
        """Take what is wanted (one token); returns 0, or the seconds until it is there."""
        size = size or max(rate, 1)
        with self._lock:
            tokens, since = self._buckets.pop(client, (size, now))
            tokens = min(size, tokens + (now - since) * rate)
            wait = 0.0 if tokens >= wanted else (wanted - tokens) / rate
            self._buckets[client] = (tokens if wait else min(size, tokens - wanted), now)
            while len(self._buckets) > CLIENTS:
                self._buckets.popitem(last=False)
        return wait


_buckets = Buckets()


def spend(client: str) -> None:
    """One request for a run. Raises TooMany with the time to wait."""
    wait = _buckets.take(client, settings.RUNS_PER_SECOND, time.monotonic())
    if wait:
        raise TooMany(retry_after=math.ceil(wait))
