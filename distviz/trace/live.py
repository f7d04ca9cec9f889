"""Pokes: "run R has event N now". Hints only; the hub reads the log itself, so a lost poke costs nothing."""

import contextlib
import logging
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
import redis
from django.conf import settings

STREAM = "dv:live"
KEPT = 20_000
_log = logging.getLogger(__name__)
_quiet_until = 0.0


@lru_cache(maxsize=1)
def client() -> "redis.Redis":
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=1,
        socket_connect_timeout=0.5,
        decode_responses=True,
        retry_on_timeout=False,
    )


def poke(run_id: UUID, seq: int, protocol: str, account: str) -> None:
    """Tell the web servers. Never fails and, when Valkey is down, tries only once a second: no run depends on it."""
    poke_each([(run_id, seq, protocol, account)])


def poke_each(changed: Sequence[tuple[Any, ...]]) -> None:
    """The same of several runs: (run, seq, protocol, account). What was written together is one entry."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        if len(changed) == 1:
            run_id, seq, protocol, account = changed[0]
            _add({"run": str(run_id), "seq": seq, "protocol": protocol, "account": account})
        elif changed:
            _add({"each": orjson.dumps(changed)})
    except redis.RedisError as error:
        _quiet_until = time.monotonic() + 1
        _log.warning("live view: Valkey does not answer (%s); pages fall back to reading the log", error)


def _add(entry: dict[Any, Any]) -> None:
    client().xadd(STREAM, entry, maxlen=KEPT, approximate=True)


def heartbeat(role: str) -> None:
    """`dv:heartbeat:<role>` = unix time, gone 15 s after the process is."""
    with contextlib.suppress(redis.RedisError):
        client().set(f"dv:heartbeat:{role}", f"{time.time():.1f}", ex=15)
