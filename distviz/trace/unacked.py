"""What the broker keeps of messages that were delivered and not acknowledged. Kombu delivers them again after
VISIBILITY_TIMEOUT; a connection that breaks at the wrong moment leaves some behind that nothing asks for any more, and
some that kombu does not find again."""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

from celery import current_app

from distviz.trace import letters
from distviz.trace.garbage import Channel
from distviz.trace.models import Run

SCANNED = 200  # entries of a pass: what workers have in hand is some dozens
GRACE_S = 5.0  # an acknowledgement is on its way
_cursor = 0  # where the next pass goes on


def tidy(_min_age: float) -> int:
    """One bounded pass. What belongs to runs that are over is removed: their ends are true without it. What kombu
    would not find is put back into its index. Returns how many."""
    with current_app.pool.acquire(block=True) as connection, connection.channel() as channel:
        return _tidy(channel) if isinstance(channel, Channel) else 0


def _tidy(channel: Channel) -> int:
    global _cursor
    with channel.conn_or_acquire() as client:
        if not client.hlen(channel.unacked_key):
            return 0
        full = channel.global_keyprefix + channel.unacked_key
        _cursor, entries = client.hscan(full, _cursor, count=SCANNED)
        if not entries:
            return 0
        index = channel.global_keyprefix + channel.unacked_index_key
        scores = dict(zip(entries, client.execute_command("ZMSCORE", index, *entries), strict=True))
        lost = [tag for tag, score in scores.items() if score is None]
        for tag in lost:
            client.zadd(channel.unacked_index_key, {tag: time.time()}, nx=True)
        done = _of_runs_that_are_over(_old(entries, scores))
        for tag in done:
            client.zrem(channel.unacked_index_key, tag)
            client.hdel(channel.unacked_key, tag)
        return len(lost) + len(done)


def _old(entries: Mapping[bytes, bytes], scores: Mapping[bytes, Any]) -> dict[bytes, bytes]:
    until = time.time() - GRACE_S
    return {tag: entry for tag, entry in entries.items() if scores[tag] is not None and float(scores[tag]) < until}


def _of_runs_that_are_over(entries: Mapping[bytes, bytes]) -> list[bytes]:
    named = {tag: run for tag, entry in entries.items() if (run := _run(entry))}
    over = {
        str(run)
        for run in Run.objects.filter(pk__in=set(named.values()), finished_at__isnull=False).values_list(
            "pk", flat=True
        )
    }
    return [tag for tag, run in named.items() if run in over]


def _run(entry: bytes) -> str:
    """The run of a message, or "" if it is not to be removed: a copy that an operator sends is handled after the end,
    too, and garbage is put aside when it is delivered again."""
    try:
        body = base64.b64decode(json.loads(entry)[0]["body"]).decode()
    except (ValueError, TypeError, LookupError, RecursionError):
        return ""
    return "" if '"on_purpose": true' in body else letters.run_in(body)
