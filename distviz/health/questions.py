"""The questions behind /readyz. Each asks one server, over a connection of its own, and raises if none comes."""

import os
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import psycopg
import pymongo
import pymongo.errors
import redis
from django.conf import settings
from kombu.connection import Connection
from psycopg.rows import tuple_row

from distviz.errors import Coded
from distviz.probe.visitor import session
from distviz.stack import layout, state
from distviz.stack.layout import QUEUES

ROLES = (*(f"worker:{queue}" for queue in QUEUES), "beat")

# A few bytes into the server's write-ahead log, committed: no table, no rights, and nothing that would pile up.
WRITES = "SELECT pg_logical_emit_message(true, 'distviz', 'readyz'), current_setting('transaction_read_only')"
WAITING = """
SELECT (SELECT count(*) FROM dead_letters WHERE state = 'dead'),
       (SELECT count(*) FROM (SELECT 1 FROM runs WHERE finished_at IS NULL LIMIT 10000) AS unfinished)
"""
IN_DOUBT = """
SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()
"""


def row(alias: str, sql: str) -> Any:
    """One row over a connection of its own."""
    with session(alias, statement_ms=1500, lock_ms=1000) as visitor:
        return visitor.cursor(row_factory=tuple_row).execute(sql).fetchone()


class TakesNoWrites(Coded):
    """It answers, and nothing can be kept there."""

    def __init__(self) -> None:
        super().__init__("takes_no_writes")


def database(alias: str) -> None:
    """A real write, as small as can be."""
    try:
        _message, read_only = row(alias, WRITES)
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:  # a standby
        raise TakesNoWrites from error
    if read_only == "on":
        raise TakesNoWrites


def broker() -> None:
    if settings.BROKER_URL.startswith(("redis:", "rediss:", "unix:")):
        _write(settings.BROKER_URL)
        return
    with Connection(settings.BROKER_URL, connect_timeout=1.5) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=1.5)


def live() -> None:
    _write(settings.REDIS_URL)


def _write(url: str) -> None:
    """Refused where a message would be: no memory is left, a replica, too few replicas, a disk that is full."""
    try:
        _valkey(url).set(f"{settings.BROKER_PREFIX}readyz", f"{time.time():.1f}", ex=60)
    except redis.ResponseError as error:
        raise TakesNoWrites from error


def mongo() -> None:
    tried = _mongo_client().get_default_database("notification")["readyz"]
    try:
        tried.update_one({"_id": 1}, {"$set": {"at": time.time()}}, upsert=True)
    except pymongo.errors.OperationFailure as error:
        raise TakesNoWrites from error


def heartbeats() -> dict[str, float]:
    """Seconds since each role last said that it works, as a whole. What a process said that is gone does not count."""
    names = [name for role in ROLES for name in layout.beats(role)]
    said: Any = _valkey(settings.REDIS_URL).mget([f"dv:heartbeat:{name}" for name in names])
    at, now, begun = dict(zip(names, said, strict=True)), time.time(), _begun()
    oldest = {role: min(float(at[name] or 0) for name in layout.beats(role)) for role in ROLES}
    return {role: round(max(0.0, now - since), 1) for role, since in oldest.items() if since and since > begun(role)}


def _begun() -> Callable[[str], float]:
    """When the process of a role was started, as its launcher says; where there is none, all that is said counts."""
    if state.MARK not in os.environ:
        return lambda role: 0.0
    known = layout.read_stack().get("processes", {})
    return lambda role: known[role]["since"] if known.get(role, {}).get("pid") else float("inf")


@lru_cache(maxsize=2)
def _valkey(url: str) -> "redis.Redis":
    return redis.Redis.from_url(url, socket_timeout=1.5, socket_connect_timeout=1.5, decode_responses=True)


@lru_cache(maxsize=1)
def _mongo_client() -> "pymongo.MongoClient[dict[str, Any]]":
    return pymongo.MongoClient(
        settings.NOTIFICATION_URL, serverSelectionTimeoutMS=1500, connectTimeoutMS=1500, timeoutMS=1500
    )
