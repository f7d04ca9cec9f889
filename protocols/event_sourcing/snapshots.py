"""Every so many events the state of a stream is kept, so that a load does not grow with it. Nothing depends on it."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import DatabaseError

from distviz.money import text
from distviz.trace import steps
from distviz.trace.handlers import Place
from distviz.trace.statements import at_statement
from protocols.event_sourcing.account import APPEND, EVENTS
from protocols.event_sourcing.aggregate import Account, Fact

EVERY = 50  # versions

_NEWEST = """
SELECT version, state FROM snapshots WHERE aggregate = %(stream)s AND version <= %(upto)s ORDER BY version DESC LIMIT 1
"""
_SINCE = """
SELECT type, withdrawal_id::text, data, version, position FROM events
WHERE aggregate = %(stream)s AND version > %(after)s AND version <= %(upto)s ORDER BY version
"""
_KEEP = """
INSERT INTO snapshots (aggregate, version, state) VALUES (%(stream)s, %(version)s, %(state)s::jsonb)
ON CONFLICT (aggregate, version) DO NOTHING
"""


@dataclass
class State(Account):
    """What is kept of an account: its balance, and what was paid in."""

    deposited: Decimal = Decimal("0.00")

    def apply(self, fact: Fact) -> None:
        super().apply(fact)
        if fact.type == "MoneyDeposited":
            self.deposited += Decimal(fact.data["amount"])

    def told(self) -> dict[str, str]:
        return {"balance": text(self.balance), "deposited": text(self.deposited)}


def state_at(stream: str, upto: int) -> State:
    """The state that the first `upto` events add up to, without being part of the picture."""
    state = State(stream)
    for row in EVENTS.ask(_NEWEST, {"stream": stream, "upto": upto}):
        kept = json.loads(row["state"])
        state = State(stream, row["version"], Decimal(kept["balance"]), Decimal(kept["deposited"]))
    for row in EVENTS.ask(_SINCE, {"stream": stream, "after": state.version, "upto": upto}):
        state.apply(Fact.read(row))
    return state


@at_statement(APPEND)
def _appended(place: Place, params: Mapping[str, Any], rows: list[dict[str, Any]]) -> None:
    """Each time that a stream has grown past another multiple of EVERY."""
    stream, version = params["stream"], rows[-1]["version"]
    if version // EVERY > params["version"] // EVERY:
        steps.afterwards(lambda: keep(stream, version))


def keep(stream: str, version: int) -> None:
    with suppress(DatabaseError):
        state = json.dumps(state_at(stream, version).told())
        EVENTS.ask(_KEEP, {"stream": stream, "version": version, "state": state})
