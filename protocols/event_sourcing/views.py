"""The read models as a pure fold: the projector applies it to the newest events, a replay to all of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import orjson

from protocols.event_sourcing.aggregate import PREFIX, ZERO
from protocols.event_sourcing.events import EFFECT, KINDS

# What a projection has to know of an event: position, aggregate, version, type, withdrawal, data, at. What only a
# movement of money needs is NULL for the others, and nothing is made into an object that is only passed on: reading is
# what a replay spends its time on, and this makes it six times as fast.
Row = tuple[int, str, int, str, str | None, str | None, str | None]
MOVES = f"type IN ({', '.join(repr(kind) for kind in EFFECT)})"
_DETAILS = f"CASE WHEN {MOVES} THEN data::text END AS data, CASE WHEN {MOVES} THEN at::text END AS at"
COLUMNS = f"position, aggregate, version, type, withdrawal_id::text, {_DETAILS}"
LEAN = f"position, aggregate, version, type, CASE WHEN {MOVES} THEN withdrawal_id::text END, {_DETAILS}"


@dataclass(slots=True)
class Balance:
    """Account Balance View: one account after its first `version` events; `at` is when its balance last changed."""

    account: str
    balance: Decimal = ZERO
    version: int = 0
    position: int = 0
    at: str | None = None
    error: str = ""


class Entry(NamedTuple):
    """Transaction History View: one movement of money, in the order of its columns."""

    position: int
    account: str
    type: str
    delta: Decimal
    balance: Decimal
    withdrawal_id: str | None
    at: str | None


@dataclass(slots=True)
class Views:
    """The read models, or as much of them as a batch needs."""

    balances: dict[str, Balance] = field(default_factory=dict)

    def project(self, rows: Iterable[Row]) -> Iterable[Entry]:
        """Apply events in the order of their positions; yields what they add to the history.

        An event that makes no sense parks its stream, visibly (`error`): nothing is skipped silently, and the
        other accounts go on.
        """
        balances, effects, kinds = self.balances, EFFECT, KINDS
        for position, aggregate, version, kind, withdrawal, data, at in rows:
            view = balances.get(aggregate)
            if view is None:
                view = balances[aggregate] = Balance(aggregate.removeprefix(PREFIX))
            if view.error:
                continue
            if version != view.version + 1 or kind not in kinds:
                view.error = f"{kind} at version {version} makes no sense after version {view.version}"
                continue
            effect = effects.get(kind)
            if effect is not None:
                try:
                    delta = effect * Decimal(orjson.loads(data or "")["amount"])
                except (KeyError, TypeError, ValueError, InvalidOperation):
                    view.error = f"{kind} at version {version} has no amount"
                    continue
                view.balance += delta
                view.at = at
                yield Entry(position, view.account, kind, delta, view.balance, withdrawal, at)
            view.version, view.position = version, position
