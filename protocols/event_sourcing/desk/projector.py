"""What people and health checks want of the projector: how far it is, stop and start, and the read models made anew."""

import json
from typing import Any

from django.db import transaction

from protocols.event_sourcing.audit import DELTA
from protocols.event_sourcing.checkpoint import IS_AHEAD
from protocols.event_sourcing.projection import ADD_HISTORY, KEEP_BALANCES, MOVE, PROJECTOR, READ, project

_LAG = f"""
SELECT c.position AS projected, c.stopped, {IS_AHEAD} AS ahead,
    COALESCE((SELECT max(position) FROM events), 0) AS committed,
    n.events, COALESCE(extract(epoch FROM clock_timestamp() - n.since), 0)::float AS seconds
FROM checkpoint c, LATERAL (
    SELECT count(*) AS events, min(at) AS since
    FROM (SELECT at FROM events WHERE position > c.position ORDER BY position LIMIT 100000) ahead
) n
WHERE c.name = 'accounts'
"""


# With the lock that appending takes (migration 0002): nothing may be appended between reading and writing.
_DERIVED_ANEW = (
    "SELECT pg_advisory_xact_lock('events'::regclass::oid::bigint)",
    "DELETE FROM snapshots",
    "DELETE FROM stream_balances",
    f"""INSERT INTO stream_balances (aggregate, version, balance)
SELECT aggregate, max(version), sum({DELTA}) FROM events GROUP BY aggregate""",
    "DELETE FROM open_withdrawals",
    """INSERT INTO open_withdrawals (withdrawal_id, account)
SELECT withdrawal_id, min(regexp_replace(aggregate, '^account:', '')) FROM events WHERE withdrawal_id IS NOT NULL
GROUP BY 1 HAVING NOT bool_or(type IN ('WithdrawalCompleted', 'WithdrawalDeclined', 'WithdrawalFailed'))""",
)


def lag() -> dict[str, Any]:
    """How far the read models are behind: {projected, committed, stopped, ahead, events, seconds, parked}. If they are
    `ahead`, they show more than the store has: only rebuild() mends that."""
    found = PROJECTOR.ask(_LAG)[0]
    parked = PROJECTOR.ask("SELECT account, error FROM balance_view WHERE error <> '' ORDER BY account")
    return {**found, "seconds": round(found["seconds"], 3), "parked": parked}


def stop() -> None:
    """Let the read models grow old. Runs go on and end: a run is over when its last event is in the store."""
    PROJECTOR.ask("UPDATE checkpoint SET stopped = true WHERE name = 'accounts'")


def start() -> None:
    PROJECTOR.ask("UPDATE checkpoint SET stopped = false WHERE name = 'accounts'")


def rebuild() -> int:
    """Make the read models anew from the store alone, whatever the checkpoint says; readers see the old ones until that
    is done. What else is derived from the store is made anew with them."""
    balances: dict[str, dict[str, Any]] = {}
    count, position = 0, 0
    with transaction.atomic(using=PROJECTOR.alias):
        PROJECTOR.ask("SELECT 1 FROM checkpoint WHERE name = 'accounts' FOR UPDATE")
        PROJECTOR.ask("DELETE FROM history_view")
        PROJECTOR.ask("DELETE FROM balance_view")
        while events := PROJECTOR.ask(READ, {"after": position}):
            history = list(project(balances, (event.values() for event in events)))
            PROJECTOR.ask(ADD_HISTORY, {"rows": json.dumps(history, default=str)})
            count, position = count + len(events), events[-1]["position"]
        PROJECTOR.ask(KEEP_BALANCES, {"rows": json.dumps(list(balances.values()), default=str)})
        PROJECTOR.ask(MOVE, {"position": position})
        for statement in _DERIVED_ANEW:
            PROJECTOR.ask(statement)
    return count
