"""The questions behind /readyz. Each asks one server, over a connection of its own, and raises if none comes."""

import time
from functools import lru_cache
from typing import Any

import pymongo
import redis
from django.conf import settings
from kombu.connection import Connection
from psycopg.rows import tuple_row

from distviz.probe.visitor import session
from distviz.stack.layout import QUEUES

ROLES = (*(f"worker:{queue}" for queue in QUEUES), "beat")

WAITING = """
SELECT (SELECT count(*) FROM dead_letters WHERE state = 'dead'),
       (SELECT count(*) FROM (SELECT 1 FROM runs WHERE finished_at IS NULL LIMIT 10000) AS unfinished)
"""
IN_DOUBT = """
SELECT count(*) FROM pg_prepared_xacts WHERE starts_with(gid, 'dv:') AND database = current_database()
"""


def row(alias: str, sql: str) -> Any:
    """One row over a connection of its own."""
    with session(alias, statement_ms=1500, lock_ms=1000) as visitor:
        return visitor.cursor(row_factory=tuple_row).execute(sql).fetchone()


def database(alias: str) -> None:
    row(alias, "SELECT 1")


def broker() -> None:
    if settings.BROKER_URL.startswith(("redis:", "rediss:", "unix:")):
        _valkey(settings.BROKER_URL).ping()
        return
    with Connection(settings.BROKER_URL, connect_timeout=1.5) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=1.5)


def live() -> None:
    _valkey(settings.REDIS_URL).ping()


def mongo() -> None:
    _mongo_client().admin.command("ping")


def heartbeats() -> dict[str, float]:
    """Seconds since each role last said that it is alive."""
    said: Any = _valkey(settings.REDIS_URL).mget([f"dv:heartbeat:{role}" for role in ROLES])
    now = time.time()
    return {role: round(max(0.0, now - float(at)), 1) for role, at in zip(ROLES, said, strict=True) if at}


@lru_cache(maxsize=2)
def _valkey(url: str) -> "redis.Redis":
    return redis.Redis.from_url(url, socket_timeout=1.5, socket_connect_timeout=1.5, decode_responses=True)


@lru_cache(maxsize=1)
def _mongo_client() -> "pymongo.MongoClient[dict[str, Any]]":
    return pymongo.MongoClient(
        settings.NOTIFICATION_URL, serverSelectionTimeoutMS=1500, connectTimeoutMS=1500, socketTimeoutMS=1500
    )
