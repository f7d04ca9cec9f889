"""What the broker keeps of messages that were delivered and not acknowledged. It delivers them again after
VISIBILITY_TIMEOUT; a connection that breaks at the wrong moment leaves some behind that nothing asks for any more."""

import base64
import json
import time
from collections.abc import Mapping

from celery import current_app

from distviz.trace import letters
from distviz.trace.models import Run
from distviz.trace.transport import SCANNED, Channel, taken_at

GRACE_S = 5.0  # an acknowledgement is on its way
_cursor = 0  # where the next pass goes on


def tidy(_min_age: float) -> int:
    """One bounded pass. What belongs to runs that are over is removed: their ends are true without it. Returns how
    many."""
    with current_app.pool.acquire(block=True) as connection:
        channel = connection.default_channel  # a new one would connect anew, each second
        return _tidy(channel) if isinstance(channel, Channel) else 0


def _tidy(channel: Channel) -> int:
    global _cursor
    with channel.conn_or_acquire() as client:
        if not client.hlen(channel.unacked_key):
            return 0
        _cursor, entries = client.hscan(channel.global_keyprefix + channel.unacked_key, _cursor, count=SCANNED)
        until = time.time() - GRACE_S
        done = _of_runs_that_are_over({tag: kept for tag, kept in entries.items() if taken_at(kept) < until})
        if done:
            client.hdel(channel.unacked_key, *done)
        return len(done)


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
