"""The read models as a pure fold: the projector applies it to the newest events, a replay to all of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from protocols.event_sourcing.aggregate import PREFIX, ZERO
from protocols.event_sourcing.events import EFFECT, KINDS

# A row of the store, in the order of its columns: position, aggregate, version, type, withdrawal_id, data, at.
Row = tuple[int, str, int, str, Any, str, datetime]
COLUMNS = "position, aggregate, version, type, withdrawal_id, data, at"


@dataclass(slots=True)
class Balance:
    """Account Balance View: one account after its first `version` events."""

    account: str
    balance: Decimal = ZERO
    version: int = 0
    position: int = 0
    at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """Transaction History View: one movement of money."""

    position: int
    account: str
    type: str
    delta: Decimal
    balance: Decimal
    withdrawal_id: str | None
    at: datetime


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
                    delta = effect * Decimal(orjson.loads(data)["amount"])
                except (KeyError, TypeError, ValueError, InvalidOperation):
                    view.error = f"{kind} at version {version} has no amount"
                    continue
                view.balance += delta
                yield Entry(
                    position,
                    view.account,
                    kind,
                    delta,
                    view.balance,
                    str(withdrawal) if withdrawal else None,
                    at,
                )
            view.version, view.position, view.at = version, position, at
