"""How long the coordinator waits: a missing vote is a no, but a pause in step mode is not a failure."""

from dataclasses import dataclass

from django.conf import settings

from distviz.codes import Reason
from distviz.services.places import COORDINATOR
from distviz.trace import sending
from protocols.two_phase.log import Transaction
from protocols.two_phase.messages import LINES, Prepare

# A repeated request is no sign of life, and what people do with messages starts the clock anew.
_CLOCK = """
SELECT r.finished_at IS NOT NULL AS over,
       r.holding IS NOT NULL OR EXISTS (
           SELECT 1 FROM parked_messages p WHERE p.run_id = r.id AND p.state = 'parked') AS in_hands,
       COALESCE(r.wake_at > now(), false) AS asleep,
       COALESCE(e.asked, false) AS asked,
       extract(epoch FROM now() - COALESCE(e.last, r.created_at))::float8 AS silent,
       extract(epoch FROM now() - COALESCE(e.touched, r.created_at))::float8 AS going
FROM runs r, LATERAL (
    SELECT bool_or(kind = 'message' AND name = %(asks)s) AS asked,
           max(at) FILTER (WHERE name <> 'WithdrawalRequested') AS last,
           max(at) FILTER (WHERE kind IN ('hold', 'operator')
                              OR phase IN ('parked', 'delivered', 'duplicated', 'dropped')) AS touched
    FROM run_events WHERE run_id = r.id) AS e
WHERE r.id = %(tx)s
"""
_LAST_ASKED = list(LINES.values())[-1][Prepare].__name__


@dataclass(frozen=True)
class Clock:
    """`in_hands`: held, or a message of it is parked. `asleep`: a retry or a delay is under way. `asked`: all
    participants were asked to prepare. The rest: seconds."""

    over: bool
    in_hands: bool
    asleep: bool
    asked: bool
    silent: float
    going: float

    def rests(self, min_age: float) -> bool:
        """This run is not worked on, waited for or held."""
        return self.over or (not self.in_hands and not self.asleep and self.silent >= min_age)

    @property
    def too_late(self) -> bool:
        """A run must be over within T_TERM: half of it is for waiting in silence, all of it for trying."""
        if self.in_hands:
            return False
        return self.silent > settings.T_TERM / 2 or self.going > settings.T_TERM


def clock(tx_id: str) -> Clock | None:
    """None if there is no such run (any more)."""
    rows = COORDINATOR.ask(_CLOCK, {"tx": tx_id, "asks": _LAST_ASKED})
    return Clock(**rows[0]) if rows else None


def lost(now: Clock | None, transaction: Transaction) -> Reason | None:
    """Why this transaction has waited long enough, if it has."""
    if now is None or not now.too_late or (now.going < 2 * settings.T_TERM and _queues_are_full()):
        return None
    silent = [name for name, vote in transaction.votes.items() if not vote]
    return Reason.of("no_vote_in_time", who=silent) if silent else Reason("no_decision_in_time")


def _queues_are_full() -> bool:
    """Then a vote is late, not lost: to give up would only waste the work."""
    return sending.backlog([*LINES, COORDINATOR.queue]) > 2 * settings.WORKER_CONCURRENCY
