"""How long the coordinator waits: a missing vote is a no, but a pause in step mode is not a failure."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from distviz.codes import Reason
from distviz.services.places import COORDINATOR
from distviz.trace import sending
from protocols.two_phase.log import Transaction
from protocols.two_phase.messages import LINES, Prepare

# A repeated request is no sign of life, and what people do with messages starts the clock anew.
_CLOCKS = """
SELECT r.id::text AS run, r.finished_at IS NOT NULL AS over,
       r.holding IS NOT NULL OR EXISTS (
           SELECT 1 FROM parked_messages p WHERE p.run_id = r.id AND p.state = 'parked') AS paused,
       COALESCE(r.wake_at > now(), false) AS backing_off,
       COALESCE(e.asked, false) AS asked,
       extract(epoch FROM now() - COALESCE(e.last, r.created_at))::float8 AS silent,
       extract(epoch FROM now() - COALESCE(e.touched, r.created_at))::float8 AS running
FROM runs r, LATERAL (
    SELECT bool_or(kind = 'message' AND name = %(asks)s) AS asked,
           max(at) FILTER (WHERE name <> 'WithdrawalRequested') AS last,
           max(at) FILTER (WHERE kind IN ('hold', 'operator')
                              OR phase IN ('parked', 'delivered', 'duplicated', 'dropped')) AS touched
    FROM run_events WHERE run_id = r.id) AS e
WHERE r.id = ANY(%(runs)s::uuid[])
"""
# Open runs that are not held, each kind by an index of its own.
NOT_HELD = """
SELECT id FROM runs WHERE protocol = 'two_phase'
    AND finished_at IS NULL AND holding IS NULL AND status <> 'needs_attention'
UNION ALL SELECT id FROM runs WHERE protocol = 'two_phase'
    AND finished_at IS NULL AND holding IS NULL AND status = 'needs_attention'
"""
_LAST_ASKED = list(LINES.values())[-1][Prepare].__name__


@dataclass(frozen=True)
class Clock:
    """`paused`: held, or a message of it is parked. `backing_off`: a retry or a delay is under way. `asked`: all
    participants were asked to prepare. The rest: seconds."""

    over: bool
    paused: bool
    backing_off: bool
    asked: bool
    silent: float
    running: float

    def is_quiet(self, min_age: float) -> bool:
        """This run is not worked on, waited for or held."""
        return self.over or (not self.paused and not self.backing_off and self.silent >= min_age)

    @property
    def too_late(self) -> bool:
        """A run must be over within T_TERM: half of it is for waiting in silence, all of it for trying."""
        if self.paused:
            return False
        return self.silent > settings.T_TERM / 2 or self.running > settings.T_TERM


def of(tx_ids: Iterable[str]) -> dict[str, Clock]:
    """Of all of them at once; without those of which there is no such run (any more)."""
    runs = list(tx_ids)
    rows = COORDINATOR.ask(_CLOCKS, {"runs": runs, "asks": _LAST_ASKED}) if runs else []
    return {row.pop("run"): Clock(**row) for row in rows}


def clock(tx_id: str) -> Clock | None:
    """None if there is no such run (any more)."""
    return of([tx_id]).get(tx_id)


def lost(now: Clock | None, transaction: Transaction) -> Reason | None:
    """Why this transaction has waited long enough, if it has."""
    if now is None or not now.too_late or (now.running < 2 * settings.T_TERM and _queues_are_full()):
        return None
    silent = [name for name, vote in transaction.votes.items() if not vote]
    return Reason.of("no_vote_in_time", who=silent) if silent else Reason("no_decision_in_time")


def _queues_are_full() -> bool:
    """Then a vote is late, not lost: to give up would only waste the work."""
    return sending.backlog([*LINES, COORDINATOR.queue]) > 2 * settings.WORKER_CONCURRENCY
