"""How much of what costs something one client may have: a token bucket each, in Valkey, so that several web servers
count together.

If Valkey does not answer, the same limit holds in the memory of this process alone. To refuse everybody would turn a
lost cache into an outage; to let everybody would make the outage the moment to take all of it.
"""

import logging
import time
from dataclasses import dataclass, field
from typing import Any

import redis

from distviz.trace import live
from distviz.web.limits import Buckets

QUIET_S = 1.0  # how long Valkey is not asked again after it has not answered
_log = logging.getLogger(__name__)
_quiet_until = 0.0
# KEYS[1]: the bucket. ARGV: its size, tokens a second, how many must be there, how many are taken then. Returns the
# seconds until there are enough, 0 if there were.
_TAKE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local size, rate, wanted, taken = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'n', 'at')
local n = math.min(size, (tonumber(kept[1]) or size) + math.max(0, now - (tonumber(kept[2]) or now)) * rate)
local wait = 0
if n >= wanted then n = math.max(-size, n - taken) else wait = (wanted - n) / rate end
redis.call('HSET', KEYS[1], 'n', tostring(n), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((size - n) / rate * 1000) + 1000)
return tostring(wait)
"""


@dataclass(frozen=True)
class Share:
    """`size` tokens at once, then `rate` a second."""

    name: str
    size: float
    rate: float
    _here: Buckets = field(default_factory=Buckets, repr=False, compare=False)

    def take(self, client: str, wanted: float = 1) -> float:
        """0 if the tokens were there, else the seconds until they are; then nothing is taken."""
        wanted = min(wanted, self.size)
        return self._ask(client, wanted, wanted)

    def wait(self, client: str, wanted: float = 1) -> float:
        """What `take` would say; nothing is taken."""
        return self._ask(client, min(wanted, self.size), 0)

    def charge(self, client: str, tokens: float = 1) -> None:
        """Taken, whether they are there or not: what is missing is a debt, as large as the bucket at most."""
        self._ask(client, -self.size, tokens)

    def _ask(self, client: str, wanted: float, taken: float) -> float:
        answer = _ask(f"dv:share:{self.name}:{client}", self.size, self.rate, wanted, taken)
        if answer is None:
            now = time.monotonic()
            return self._here.take(client, self.rate, now, size=self.size, wanted=wanted, taken=taken)
        return answer


def _ask(key: str, *numbers: float) -> float | None:
    """None: Valkey does not answer."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return None
    try:
        valkey: Any = live.client()
        return float(valkey.eval(_TAKE, 1, key, *numbers))
    except redis.RedisError as error:
        _quiet_until = time.monotonic() + QUIET_S
        _log.warning("shares: Valkey does not answer (%s); this process counts alone", error)
        return None
