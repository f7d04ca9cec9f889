"""How fast one client may ask for runs: a token bucket each, in the memory of this web server."""

import math
import threading
import time
from collections import OrderedDict

from django.conf import settings

from distviz.errors import TooMany
from distviz.web import identity

CLIENTS = 10_000  # the longest unseen are forgotten: ten thousand addresses must not fill the memory


class Buckets:
    """`rate` tokens a second flow into each client's bucket, which holds `size`: one second's worth, if not told."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(
        self, client: str, rate: float, now: float, *, size: float = 0, wanted: float = 1, taken: float | None = None
    ) -> float:
        """Take what is wanted (one token), or `taken` if so many are there; returns 0, or the seconds until they
        are."""
        size, taken = size or max(rate, 1), wanted if taken is None else taken
        with self._lock:
            tokens, since = self._buckets.pop(client, (size, now))
            tokens = min(size, tokens + (now - since) * rate)
            wait = 0.0 if tokens >= wanted else (wanted - tokens) / rate
            self._buckets[client] = (tokens if wait else max(-size, tokens - taken), now)
            while len(self._buckets) > CLIENTS:
                self._buckets.popitem(last=False)
        return wait


_buckets = Buckets()


def spend(client: str, network: str = "", runs: int = 1) -> None:
    """One request for so many runs: their tokens are all there (or, of a small bucket, all that it holds), or none is
    taken. Raises TooMany with the time to wait."""
    rate, now, crowd = settings.RUNS_PER_SECOND, time.monotonic(), identity.crowd(client, network)
    own = min(runs, max(rate, 1))
    wait = _buckets.take(client, rate, now, wanted=own, taken=0)
    if crowd and not wait:
        wait = _buckets.take(crowd, rate * identity.CROWD, now, wanted=own)
    if wait:
        raise TooMany(retry_after=math.ceil(wait))
    _buckets.take(client, rate, now, wanted=own)
