"""A stopped relay publishes nothing, even if it is nudged: its claim reads the switch in the same statement. Runs that
wait for it are told so."""

import os
from typing import Any

from distviz.services.places import Place
from distviz.trace import quiet
from distviz.trace.context import Delivery

PASSES = """
INSERT INTO relay (name, passed_at, pid) VALUES ('relay', clock_timestamp(), %(pid)s)
ON CONFLICT (name) DO UPDATE SET passed_at = excluded.passed_at, pid = excluded.pid RETURNING stopped
"""
# Rows that wait for a stopped relay, each of them once.
WAITING = """
UPDATE outbox SET headers = headers || '{"waits": true}'::jsonb WHERE id IN (
    SELECT id FROM outbox WHERE status = 'pending' AND NOT headers ? 'waits'
    ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED
) RETURNING id, event_type, withdrawal_id::text AS withdrawal
"""
OPEN = """
SELECT DISTINCT withdrawal_id::text AS withdrawal FROM outbox
WHERE withdrawal_id = ANY(%(runs)s::uuid[]) AND status IN ('pending', 'publishing', 'sent')
"""


def passes(place: Place) -> bool:
    """Note that the relay is alive. Returns whether it may publish."""
    return not place.ask(PASSES, {"pid": os.getpid()})[0]["stopped"]


def rest(place: Place) -> None:
    """Each run that waits is told so once, and no sweep drives it on: its message is in the outbox."""
    runs = quiet.of("outbox", 0)
    quiet.leave_to_us([row["withdrawal"] for row in place.ask(OPEN, {"runs": runs})] if runs else [])
    for row in place.ask(WAITING):
        data: dict[str, Any] = {"row": row["id"], "service": place.name}
        Delivery(row["withdrawal"], lane="queue").tell("relay", "stopped", row["event_type"], **data)
