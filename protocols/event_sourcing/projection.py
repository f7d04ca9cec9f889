"""The read models: two folds of the store, and the projector that follows it from a checkpoint."""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal

from distviz.errors import Transient
from distviz.services.places import Place
from distviz.trace.bus import on
from distviz.trace.steps import step
from protocols.event_sourcing.aggregate import EFFECT, KINDS
from protocols.event_sourcing.messages import EventsAppended

PROJECTOR = Place("projector", alias="events", queue="coordinator", lane="read_model")

READ = """
SELECT position, regexp_replace(aggregate, '^account:', '') AS account, version, type, withdrawal_id::text,
    data->>'amount' AS amount, at::text FROM events WHERE position > %(after)s ORDER BY position LIMIT 500
"""
BALANCES = "SELECT * FROM balance_view WHERE account = ANY(%(names)s)"
KEEP_BALANCES = """
INSERT INTO balance_view SELECT * FROM jsonb_populate_recordset(NULL::balance_view, %(rows)s::jsonb)
ON CONFLICT (account) DO UPDATE SET (account, balance, version, position, at, error) = ROW(excluded.*)
"""
ADD_HISTORY = "INSERT INTO history_view SELECT * FROM jsonb_populate_recordset(NULL::history_view, %(rows)s::jsonb)"
MOVE = "UPDATE checkpoint SET position = %(position)s, at = clock_timestamp() WHERE name = 'accounts'"
NEW = {"balance": Decimal("0.00"), "version": 0, "position": 0, "at": None, "error": ""}


def project(balances: dict[str, dict], events: Iterable[Iterable]) -> Iterator[dict]:
    """Changes the Account Balance View, yields the Transaction History View. What makes no sense parks its account."""
    for position, account, version, kind, withdrawal, amount, at in events:
        view = balances.get(account) or balances.setdefault(account, {"account": account, **NEW})
        if view["error"]:
            continue
        try:
            if version != view["version"] + 1 or kind not in KINDS:
                raise ValueError
            delta = EFFECT[kind] * Decimal(amount) if kind in EFFECT else None
        except (ArithmeticError, TypeError, ValueError):
            view["error"] = f"{kind} at version {version} makes no sense after version {view['version']}"
            continue
        view["version"], view["position"] = version, position
        if delta is not None:
            view |= {"balance": view["balance"] + delta, "at": at}
            moved = {"position": position, "account": account, "type": kind, "delta": delta}
            yield moved | {"balance": view["balance"], "withdrawal_id": withdrawal, "at": at}


@on(PROJECTOR, EventsAppended)
def follow(event: EventsAppended) -> None:
    """Something was appended: batch after batch, until nothing is left."""
    while project_batch():
        pass


def project_batch() -> int:
    """Read models and checkpoint change in one transaction: a batch that dies with its process has not happened."""
    with step("project"), PROJECTOR.atomic():
        checkpoint = PROJECTOR.run("SELECT position FROM checkpoint WHERE name = 'accounts' FOR UPDATE SKIP LOCKED")
        if not checkpoint:
            raise Transient("another_projector")
        events = PROJECTOR.run(READ, after=checkpoint[0]["position"])
        if events:
            balances = {row["account"]: row for row in PROJECTOR.run(BALANCES, names=[e["account"] for e in events])}
            history = list(project(balances, (event.values() for event in events)))
            PROJECTOR.run(KEEP_BALANCES, rows=json.dumps(list(balances.values()), default=str))
            PROJECTOR.run(ADD_HISTORY, rows=json.dumps(history, default=str))
            PROJECTOR.run(MOVE, position=events[-1]["position"])
    return len(events)
