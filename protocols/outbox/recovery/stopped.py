"""A relay that a person has stopped publishes nothing, whoever nudges it: its claim asks for the switch in the same
statement. What waits for it is told so."""

import os
from typing import Any

from distviz.services.places import Place
from distviz.trace import quiet
from distviz.trace.context import Delivery

PASSES = """
INSERT INTO relay (name, passed_at, pid) VALUES ('relay', clock_timestamp(), %(pid)s)
ON CONFLICT (name) DO UPDATE SET passed_at = excluded.passed_at, pid = excluded.pid RETURNING stopped
"""
# What waits for a relay that is stopped: each row is told of once.
WAITING = """
UPDATE outbox SET headers = headers || '{"waits": true}'::jsonb WHERE id IN (
    SELECT id FROM outbox WHERE status = 'pending' AND NOT headers ? 'waits'
    ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED
) RETURNING id, event_type, withdrawal_id::text AS withdrawal
"""
OPEN = """
SELECT DISTINCT withdrawal_id::text AS withdrawal FROM outbox WHERE status IN ('pending', 'publishing', 'sent')
LIMIT 1000
"""


def passes(place: Place) -> bool:
    """The relay looks at its outbox: note that it lives. Returns whether it may publish."""
    return not place.ask(PASSES, {"pid": os.getpid()})[0]["stopped"]


def rest(place: Place) -> None:
    """Whoever waits for it hears so once, and nobody else drives him on: his message is in the outbox."""
    quiet.leave_to_us([row["withdrawal"] for row in place.ask(OPEN)])
    for row in place.ask(WAITING):
        told: dict[str, Any] = {"row": row["id"], "service": place.name}
        Delivery(row["withdrawal"], lane="queue").tell("relay", "stopped", row["event_type"], **told)
