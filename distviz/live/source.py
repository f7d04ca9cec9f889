"""Where the hub gets everything from: the live stream for the pokes, the run log for the truth."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ParamSpec, Protocol, TypeVar
from uuid import UUID

import orjson
import redis
import redis.asyncio
from channels.db import DatabaseSyncToAsync
from django.conf import settings
from django.db import connections

from distviz.live.batches import Batch
from distviz.trace.event_json import EVENT_COLUMNS
from distviz.trace.live import STREAM

PAGE = 500
BLOCK_MS = 5000
_P = ParamSpec("_P")
_T = TypeVar("_T")
_threads = ThreadPoolExecutor(4, thread_name_prefix="live")
_JSON = [EVENT_COLUMNS.index(name) for name in ("changes", "statements", "data")]

_NEW_ROWS = f"""
SELECT e.run_id, {", ".join(f'e."{name}"' for name in EVENT_COLUMNS)}
FROM unnest(%(runs)s::uuid[], %(seqs)s::int[]) AS seen(run, seq)
CROSS JOIN LATERAL (
    SELECT * FROM run_events WHERE run_id = seen.run AND run_events.seq > seen.seq ORDER BY run_events.seq LIMIT {PAGE}
) e
ORDER BY e.run_id, e.seq
"""
_HEADS = "SELECT id, seq, protocol, finished_at IS NOT NULL FROM runs WHERE id = ANY(%(runs)s::uuid[])"
# Each of the three has its index; a run that began and ended between two polls is found by its beginning.
_LAB_HEADS = f"""
{_HEADS} OR finished_at IS NULL OR created_at > now() - interval '60 seconds'
"""


@dataclass(frozen=True)
class RunHead:
    """How far a run is."""

    seq: int
    protocol: str
    over: bool


class HubSource(Protocol):
    """What the hub needs; the tests have one without servers."""

    async def take_place(self) -> None: ...
    def pokes(self) -> AsyncIterator[list[tuple[UUID, int, str]]]: ...
    async def read(self, after: Mapping[UUID, int]) -> list[Batch]: ...
    async def heads(self, runs: Iterable[UUID], *, lab: bool = False) -> dict[UUID, RunHead]: ...
    async def recent(self) -> dict[UUID, RunHead]: ...


def in_thread(work: Callable[_P, _T], threads: ThreadPoolExecutor = _threads) -> Callable[_P, Awaitable[_T]]:
    """Database work beside the event loop, in a few threads of its own: viewers cannot starve the requests."""
    asynchronous: Callable[_P, Awaitable[_T]] = DatabaseSyncToAsync(work, thread_sensitive=False, executor=threads)
    return asynchronous


class LiveLog:
    """The real source."""

    def __init__(self) -> None:
        self._position = "$"

    async def take_place(self) -> None:
        """Older pokes are of no interest. Without an answer the place is "from the next call on", and what comes
        before that is found by the poll."""
        client = _client(timeout=0.5)
        try:
            newest: Any = await client.xrevrange(STREAM, count=1)
            self._position = newest[0][0] if newest else "0-0"
        except redis.RedisError:
            self._position = "$"
        finally:
            await client.aclose()

    async def pokes(self) -> AsyncIterator[list[tuple[UUID, int, str]]]:
        """Goes on where it was when the connection broke."""
        client = _client(timeout=BLOCK_MS / 1000 + 5)
        try:
            while True:
                answer: Any = await client.xread({STREAM: self._position}, count=1000, block=BLOCK_MS)
                entries = answer[0][1] if answer else []
                if entries:
                    self._position = entries[-1][0]
                yield [poke for _, fields in entries for poke in _pokes(fields)]
        finally:
            await asyncio.shield(client.aclose())

    async def read(self, after: Mapping[UUID, int]) -> list[Batch]:
        return await in_thread(read)(dict(after)) if after else []

    async def heads(self, runs: Iterable[UUID], *, lab: bool = False) -> dict[UUID, RunHead]:
        return await in_thread(_heads)(list(runs), lab)

    async def recent(self) -> dict[UUID, RunHead]:
        return await in_thread(_heads)([], True)


def _client(timeout: float) -> "redis.asyncio.Redis":
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        decode_responses=True,
        encoding_errors="replace",  # or a poke that is no text would be read again without end
        socket_connect_timeout=min(timeout, 2),
        socket_timeout=timeout,
    )


def _pokes(fields: Mapping[str, str]) -> list[tuple[UUID, int, str]]:
    """One of ours is about one run, or about several whose events were written together."""
    try:
        if "each" in fields:
            return [(UUID(run), int(seq), str(protocol)) for run, seq, protocol, *_ in orjson.loads(fields["each"])]
        return [(UUID(fields["run"]), int(fields["seq"]), fields.get("protocol", ""))]
    except (KeyError, ValueError, TypeError, AttributeError):  # not one of ours
        return []


def read(after: dict[UUID, int]) -> list[Batch]:
    with connections["default"].cursor() as cursor:
        cursor.execute(_NEW_ROWS, {"runs": list(after), "seqs": list(after.values())})
        found = cursor.fetchall()
    batches = []
    for run, group in groupby(found, key=lambda row: row[0]):
        rows = [_row(columns) for columns in group]
        batches.append(Batch(run, rows, more=len(rows) == PAGE))
    return batches


def _row(columns: tuple[Any, ...]) -> list[Any]:
    row = list(columns[1:])
    for place in _JSON:
        if isinstance(row[place], str):
            row[place] = orjson.loads(row[place])
    return row


def _heads(runs: list[UUID], lab: bool) -> dict[UUID, RunHead]:
    with connections["default"].cursor() as cursor:
        cursor.execute(_LAB_HEADS if lab else _HEADS, {"runs": runs})
        return {run: RunHead(seq, protocol, over) for run, seq, protocol, over in cursor.fetchall()}
