"""Pokes: "run R has event N now". Hints only; the hub reads the log itself, so a lost poke costs nothing."""

import contextlib
import logging
import os
import threading
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
_one_at_a_time = threading.Lock()


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
    with _one_at_a_time:
        if not changed or time.monotonic() < _quiet_until:
            return
        try:
            _send(("XADD", STREAM, "MAXLEN", "~", KEPT, "*", *_entry(changed)))
        except (redis.RedisError, OSError) as error:
            _quiet_until = time.monotonic() + 1
            _log.warning("live view: Valkey does not answer (%s); pages fall back to reading the log", error)


def _entry(changed: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    if len(changed) > 1:
        return ("each", orjson.dumps(changed))
    run_id, seq, protocol, account = changed[0]
    return ("run", str(run_id), "seq", seq, "protocol", protocol, "account", account)


def _send(command: tuple[Any, ...]) -> None:
    """Raises redis.RedisError if it cannot be sent; what is sent may be lost."""
    line = _line(os.getpid())
    try:
        if not _is_open(line):
            line.disconnect()
            _line.cache_clear()
            line = _line(os.getpid())
        line.send_packed_command(line.pack_command(*command), check_health=False)
    except BaseException:
        line.disconnect()
        _line.cache_clear()
        raise


@lru_cache(maxsize=1)
def _line(pid: int) -> Any:
    """This process's connection whose commands are not answered. Nobody is interested in what becomes of a hint, and
    to wait for it took a tenth of a worker's time."""
    pool = client().connection_pool  # of which it is none: a pool counts those that it has made, and ends at a hundred
    connection = pool.connection_class(**pool.connection_kwargs)
    connection.connect()
    connection.send_command("CLIENT", "REPLY", "OFF")
    return connection


def _is_open(line: Any) -> bool:
    """There is nothing to be read but the end."""
    try:
        return not line.can_read(timeout=0)
    except redis.RedisError:
        return False


def heartbeat(*names: str) -> None:
    """`dv:heartbeat:<role>` = unix time, gone 15 s after the process is; a worker has one for each queue it reads."""
    with contextlib.suppress(redis.RedisError):
        for name in names:
            client().set(f"dv:heartbeat:{name}", f"{time.time():.1f}", ex=15)
