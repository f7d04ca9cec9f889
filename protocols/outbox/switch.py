"""The relay's switch, in the database of the outbox: who claims rows asks it in the same statement, so a stopped relay
publishes nothing, whoever nudges it. What a person does by hand goes past it."""

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from distviz.services.places import Place
from distviz.trace.log import dumps

MAY_CLAIM = "NOT EXISTS (SELECT 1 FROM relay WHERE stopped)"

_TURN = """
INSERT INTO relay (name, stopped, changed_at) VALUES ('relay', %(stopped)s, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET stopped = excluded.stopped, changed_at = excluded.changed_at
WHERE relay.stopped <> excluded.stopped RETURNING 1
"""
_PASSES = """
INSERT INTO relay (name, passed_at, pid) VALUES ('relay', clock_timestamp(), %(pid)s)
ON CONFLICT (name) DO UPDATE SET passed_at = excluded.passed_at, pid = excluded.pid RETURNING stopped
"""
_BY_HAND = """
INSERT INTO relay (name, by_hand_at, by_hand) VALUES ('relay', clock_timestamp(), %(did)s::jsonb)
ON CONFLICT (name) DO UPDATE SET by_hand_at = excluded.by_hand_at, by_hand = excluded.by_hand
"""
_NOW = """
SELECT stopped, changed_at, pid, by_hand_at, by_hand::text AS by_hand,
    extract(epoch FROM clock_timestamp() - passed_at)::float AS passed_s
FROM relay
"""
# What waits for a relay that is stopped: each row is told of once.
_WAITING = """
UPDATE outbox SET headers = headers || '{"waits": true}'::jsonb WHERE id IN (
    SELECT id FROM outbox WHERE status = 'pending' AND NOT headers ? 'waits'
    ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED
) RETURNING id, event_type, withdrawal_id::text AS withdrawal
"""
_OPEN = """
SELECT DISTINCT withdrawal_id::text AS withdrawal FROM outbox WHERE status IN ('pending', 'publishing', 'sent')
LIMIT 1000
"""


@dataclass(frozen=True)
class Switch:
    """What is known of the relay of one outbox. `passed_s`: seconds since it last looked by itself."""

    stopped: bool = False
    changed_at: datetime | None = None
    passed_s: float | None = None
    pid: int | None = None
    by_hand_at: datetime | None = None
    by_hand: str = "{}"


def turn(place: Place, *, stopped: bool) -> bool:
    """Stop it or let it go on. False if it was so already."""
    return bool(place.ask(_TURN, {"stopped": stopped}))


def passes(place: Place) -> bool:
    """The relay looks at its outbox: note that it lives. Returns whether it may publish."""
    return not place.ask(_PASSES, {"pid": os.getpid()})[0]["stopped"]


def passed_by_hand(place: Place, did: dict[str, Any]) -> None:
    place.ask(_BY_HAND, {"did": dumps(did)})


def now(place: Place) -> Switch:
    found = place.ask(_NOW)
    return Switch(**found[0]) if found else Switch()


def waiting(place: Place) -> list[dict[str, Any]]:
    """What waits for a stopped relay and was not told of yet: {id, event_type, withdrawal}."""
    return place.ask(_WAITING)


def still_open(place: Place) -> list[str]:
    """Withdrawals with a row that is not published, or not acknowledged."""
    return [row["withdrawal"] for row in place.ask(_OPEN)]
