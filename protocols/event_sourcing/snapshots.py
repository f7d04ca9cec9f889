"""Every so many events the state of a stream is kept, so that a load does not grow with it. Nothing depends on it: a
snapshot that is not sealed with the event that it was made from is not read, and is thrown away."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import DatabaseError

from distviz.money import text
from distviz.trace import reasons, steps
from distviz.trace.handlers import Place
from distviz.trace.statements import at_statement
from protocols.event_sourcing.account import APPEND, EVENTS, READ
from protocols.event_sourcing.aggregate import Account, Fact

EVERY = 50  # versions
FORMAT = 1  # of the state; the view that is read from knows no other (migration 0004)
BELOW_ZERO = "balance_below_zero"
reasons.at_constraint("events_never_below_zero", BELOW_ZERO)

NEWEST = "SELECT version, state FROM sound_snapshot(%(stream)s, %(upto)s)"
SINCE = """
SELECT type, withdrawal_id::text, data, version, position FROM events
WHERE aggregate = %(stream)s AND version > %(after)s AND version <= %(upto)s ORDER BY version
"""
KEEP = """
INSERT INTO snapshots (aggregate, version, state, format, seal)
SELECT %(stream)s::text, %(version)s::int, %(state)s::jsonb, %(format)s, seal
FROM snapshot_seal(%(stream)s::text, %(version)s::int, %(state)s::jsonb) AS seal WHERE seal IS NOT NULL
ON CONFLICT (aggregate, version) DO UPDATE
    SET state = excluded.state, format = excluded.format, seal = excluded.seal, at = clock_timestamp()
"""
_DROP_UNSOUND = """
DELETE FROM snapshots s WHERE aggregate = %(stream)s AND NOT EXISTS (
    SELECT 1 FROM sound_snapshots k WHERE k.aggregate = s.aggregate AND k.version = s.version)
"""


@dataclass
class State(Account):
    """What is kept of an account: its balance, and what was paid in."""

    deposited: Decimal = Decimal("0.00")

    def apply(self, fact: Fact) -> None:
        super().apply(fact)
        if fact.type == "MoneyDeposited":
            self.deposited += Decimal(fact.data["amount"])

    @classmethod
    def kept(cls, stream: str, row: Mapping[str, Any]) -> "State":
        """From a row of the view that is read from."""
        state = json.loads(row["state"])
        return cls(stream, row["version"], Decimal(state["balance"]), Decimal(state["deposited"]))

    def as_texts(self) -> dict[str, str]:
        return {"balance": text(self.balance), "deposited": text(self.deposited)}


def state_at(stream: str, upto: int) -> State:
    """The state that the first `upto` events add up to, without being part of the picture."""
    state = State(stream)
    for row in EVENTS.ask(NEWEST, {"stream": stream, "upto": upto}):
        state = State.kept(stream, row)
    for row in EVENTS.ask(SINCE, {"stream": stream, "after": state.version, "upto": upto}):
        state.apply(Fact.read(row))
    return state


@at_statement(APPEND)
def _appended(place: Place, params: Mapping[str, Any], rows: list[dict[str, Any]]) -> None:
    """Each time that a stream has grown past another multiple of EVERY."""
    stream, version = params["stream"], rows[-1]["version"]
    if version // EVERY > params["version"] // EVERY:
        steps.afterwards(lambda: keep(stream, version))


@at_statement(READ)
def _loaded(place: Place, params: Mapping[str, Any], rows: list[dict[str, Any]]) -> None:
    """More events than lie between two snapshots: one is missing, or was not to be believed."""
    kept = max((row["version"] for row in rows if not row["position"]), default=0)
    newest = max((row["version"] for row in rows), default=0)
    if newest - kept > EVERY:
        steps.afterwards(lambda: renew(params["stream"], newest))


def keep(stream: str, version: int) -> None:
    with suppress(DatabaseError):
        state = json.dumps(state_at(stream, version).as_texts())
        EVENTS.ask(KEEP, {"stream": stream, "version": version, "state": state, "format": FORMAT})


def renew(stream: str, version: int) -> None:
    """Throw away what is not sound, and fold anew."""
    with suppress(DatabaseError):
        EVENTS.ask(_DROP_UNSOUND, {"stream": stream})
    keep(stream, version)


def discard(stream: str) -> None:
    """The store has refused what followed from a snapshot: all of this stream go, however sound they look."""
    EVENTS.ask("DELETE FROM snapshots WHERE aggregate = %(stream)s", {"stream": stream})
