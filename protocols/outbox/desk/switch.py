"""The relay's switch, in the database of the outbox: the statement that claims rows reads it. A pass by hand ignores
it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from distviz.services.places import Place
from distviz.trace.log import dumps

TURN = """
INSERT INTO relay (name, stopped, changed_at) VALUES ('relay', %(stopped)s, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET stopped = excluded.stopped, changed_at = excluded.changed_at
WHERE relay.stopped <> excluded.stopped RETURNING 1
"""
BY_HAND = """
INSERT INTO relay (name, by_hand_at, by_hand) VALUES ('relay', clock_timestamp(), %(did)s::jsonb)
ON CONFLICT (name) DO UPDATE SET by_hand_at = excluded.by_hand_at, by_hand = excluded.by_hand
"""
NOW = """
SELECT stopped, changed_at, pid, by_hand_at, by_hand::text AS by_hand,
    extract(epoch FROM clock_timestamp() - passed_at)::float AS passed_s
FROM relay
"""


@dataclass(frozen=True)
class Switch:
    """What is known of the relay of one outbox. `passed_s`: seconds since its last pass by itself."""

    stopped: bool = False
    changed_at: datetime | None = None
    passed_s: float | None = None
    pid: int | None = None
    by_hand_at: datetime | None = None
    by_hand: str = "{}"


def turn(place: Place, *, stopped: bool) -> bool:
    """Stop it or let it go on. False if it was so already."""
    return bool(place.ask(TURN, {"stopped": stopped}))


def passed_by_hand(place: Place, did: dict[str, Any]) -> None:
    place.ask(BY_HAND, {"did": dumps(did)})


def now(place: Place) -> Switch:
    found = place.ask(NOW)
    return Switch(**found[0]) if found else Switch()
