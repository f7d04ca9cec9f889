"""Is it ready? Each server is asked a real question; an open port alone proves nothing."""

import asyncio
import contextlib
import struct

from distviz.stack import layout

# {ping: 1, $db: "admin"} as an OP_MSG, spelled out: the launcher need not import a driver for it.
_PING = b"\x10ping\x00\x01\x00\x00\x00\x02$db\x00\x06\x00\x00\x00admin\x00"
_BSON = struct.pack("<i", len(_PING) + 5) + _PING + b"\x00"
_OP_MSG = struct.pack("<iiii", 21 + len(_BSON), 1, 0, 2013) + b"\x00\x00\x00\x00\x00" + _BSON


async def ready(server: str, ports: dict[str, int], timeout: float = 2) -> bool:
    question = {"valkey": _valkey, "mongo": _mongo}.get(server, _postgres)
    try:
        async with asyncio.timeout(timeout):
            return await question(ports[server])
    except (OSError, TimeoutError, EOFError):
        return False


async def _postgres(port: int) -> bool:
    import psycopg

    where = f"host={layout.socket_dir()} port={port} user={layout.PG_USER} dbname=postgres connect_timeout=2"
    where += f" passfile='{layout.passwords()}'"
    try:
        async with await psycopg.AsyncConnection.connect(where, autocommit=True) as connection:
            await connection.execute("SELECT 1")
            return True
    except psycopg.Error:  # also "the database system is starting up", while it recovers
        return False


async def _valkey(port: int) -> bool:
    question = f"AUTH live {layout.secret('valkey:live')}\r\nPING\r\n"
    return await _ask(await asyncio.open_connection("127.0.0.1", port), question.encode(), 12) == b"+OK\r\n+PONG\r\n"


async def _mongo(_port: int) -> bool:
    head = await _ask(await asyncio.open_unix_connection(layout.mongo_socket()), _OP_MSG, 16)
    return bool(struct.unpack("<iiii", head)[3] == 2013)


async def _ask(to: tuple[asyncio.StreamReader, asyncio.StreamWriter], question: bytes, length: int) -> bytes:
    reader, writer = to
    try:
        writer.write(question)
        return await reader.readexactly(length)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def http(host: str, port: int, path: str = "/healthz", timeout: float = 2) -> bool:
    """Does the web server answer 200?"""
    to = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(to, port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            status = await reader.readline()
            writer.close()
            return b" 200 " in status
    except (OSError, TimeoutError, EOFError):
        return False


class Redis:
    """The heartbeats: each worker writes `dv:heartbeat:<role>` = unix time every two seconds."""

    def __init__(self, url: str) -> None:
        import redis.asyncio

        self._client = redis.asyncio.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)

    async def beats(self, role: str, since: float) -> bool:
        """Has this very role said that it works? The keys of its predecessor outlive it by some seconds."""
        import redis

        try:
            said = await self._client.mget([f"dv:heartbeat:{name}" for name in layout.beats(role)])
            return all(beat is not None and float(beat) > since for beat in said)
        except (redis.RedisError, ValueError):
            return False

    async def close(self) -> None:
        await self._client.aclose()
