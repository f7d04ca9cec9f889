"""What runs, where, and how the tables are called: the picture that `manage.py topology` prints.

Each `ready` is a real answer: /healthz of the web server, the heartbeat of a worker, a question to a server.
"""

import asyncio
import time
from typing import Any

import psycopg
import redis
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from distviz.stack import layout, probes, state
from distviz.stack.relations import RELATIONS

SERVER_ROLES = (*(f"postgres:{server}" for server in layout.PG_SERVERS), "valkey", "mongo")
HEARTBEAT_LIMIT = 8.0  # seconds; a worker beats every two


def take(broker_prefix: str) -> dict[str, Any]:
    at = layout.load(admin=True)
    databases = {
        alias: {"engine": "postgresql", "dsn": at.dsn(alias), "server": at.servers[alias]} for alias in layout.DATABASES
    }
    databases["notification"] = {
        "engine": "mongodb",
        "dsn": at.notification,
        "server": at.servers["notification"],
    }
    return {
        "processes": asyncio.run(processes(at)),
        "databases": databases,
        "broker": {"url": at.broker, "keyprefix": broker_prefix, "queues": [*layout.QUEUES, *layout.PLAIN.values()]},
        "relations": RELATIONS,
        "gid_prefix": "dv:",
    }


async def processes(at: layout.Layout) -> list[dict[str, Any]]:
    """Every role, our process or not: a server behind a URL has no pid here, and still has to answer."""
    stack = layout.read_stack()
    known = stack.get("processes", {})
    elsewhere = set(SERVER_ROLES if known else (*SERVER_ROLES, *layout.WORKERS, "beat")) - known.keys()
    web = probes.http(stack.get("host", layout.host()), stack.get("port", layout.port()))
    questions: dict[str, Any] = {"web": web}
    questions |= {
        role: asyncio.to_thread(_beats, at.redis, role, known.get(role, {}).get("since", 0.0))
        for role in (*layout.WORKERS, "beat")
    }
    for server in layout.PG_SERVERS:
        dsns = [at.dsn(alias) for alias, (home, _, _) in layout.DATABASES.items() if home == server]
        questions[f"postgres:{server}"] = asyncio.to_thread(_all_postgres, dsns)
    questions["valkey"] = asyncio.to_thread(_valkey, at.redis)
    questions["mongo"] = asyncio.to_thread(_mongo, at.notification)
    answers = await asyncio.gather(*questions.values())
    found = []
    for role, answer in zip(questions, answers, strict=True):
        pid = known.get(role, {}).get("pid")
        pid = pid if pid and state.alive(pid) else None
        found.append({"role": role, "pid": pid, "ready": bool(answer) and (pid is not None or role in elsewhere)})
    return found


def _client(url: str) -> "redis.Redis":
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, decode_responses=True)


def _beats(url: str, role: str, since: float) -> bool:
    """The key outlives its process by some seconds, so the beat must be of the one that runs now."""
    try:
        client = _client(url)
        said = [float(str(client.get(f"dv:heartbeat:{name}") or 0)) for name in layout.beats(role)]
        return min(said) > max(since, time.time() - HEARTBEAT_LIMIT)
    except (redis.RedisError, ValueError):
        return False


def _valkey(url: str) -> bool:
    try:
        return bool(_client(url).ping())
    except redis.RedisError:
        return False


def _all_postgres(dsns: list[str]) -> bool:
    return all(map(_postgres, dsns))


def _postgres(dsn: str) -> bool:
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=2) as connection:
            return connection.execute("SELECT 1").fetchone() is not None
    except psycopg.Error:
        return False


def _mongo(url: str) -> bool:
    try:
        with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=1500, connectTimeoutMS=1500) as client:
            return bool(client.admin.command("ping")["ok"])
    except PyMongoError:
        return False
