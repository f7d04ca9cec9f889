"""What was asked for before: a copy, a repetition after a failure or a death, or the sweep that drives the run on.

A coordinator that died before it had decided has not decided: that is an ABORT ("presumed abort").
"""

from enum import Enum

from distviz.codes import Reason
from distviz.services.places import COORDINATOR
from distviz.trace import context, processes
from distviz.trace.log_events import number
from distviz.trace.messages import Message
from distviz.trace.outcomes import Outcome
from protocols.two_phase import coordinator, log
from protocols.two_phase.log import ABORT, Decision
from protocols.two_phase.messages import WHO, Vote, WithdrawalRequested
from protocols.two_phase.recovery import clocks
from protocols.two_phase.shown import announced

DIED = Reason("coordinator_died")

# Who took this message last before the delivery that is being handled, and whether that attempt has failed.
_BEFORE = """
SELECT e.data->>'pid' AS pid, e.data->>'host' AS host, e.data->>'started' AS started, EXISTS (
    SELECT 1 FROM run_events r WHERE r.run_id = e.run_id AND r.seq > e.seq AND r.seq < %(now)s::int
        AND r.kind = 'retry' AND r.data->>'mid' = %(mid)s) AS failed
FROM run_events e WHERE e.run_id = %(tx)s AND e.seq < %(now)s::int
    AND e.kind = 'message' AND e.phase = 'received' AND e.data->>'mid' = %(mid)s
ORDER BY e.seq DESC LIMIT 1
"""


class Before(Enum):
    """What became of the delivery before this one."""

    UNKNOWN = "it was not received"
    FAILED = "it failed, and is repeated"
    DIED = "its process is dead"
    ALIVE = "its process works on it, or has finished it"


def before(message: Message, now: int | None) -> Before:
    """`now` is the number of the event that says that this delivery was received."""
    for row in COORDINATOR.ask(_BEFORE, {"tx": message.tx_id, "mid": message.id, "now": now}):
        if row.pop("failed"):
            return Before.FAILED
        return Before.ALIVE if processes.alive(row) else Before.DIED
    return Before.UNKNOWN


@coordinator.withdraw.asked_again
def request_again(request: WithdrawalRequested) -> Outcome | None:
    """Go on from what the log says. What is decided and not yet done everywhere is left to the passes of recovery: each
    server is finished by its own service."""
    transaction, now = log.read(request.tx_id), clocks.clock(request.tx_id)
    if transaction.decision:
        return None if transaction.waiting else coordinator.end(request, transaction.decision)
    earlier = _before(request)
    if not transaction.votes or earlier is Before.FAILED:
        coordinator.withdraw(request)
        return None
    if earlier is Before.DIED and now and not now.asked:
        return abort(request, DIED)
    why = clocks.lost(now, transaction)
    return abort(request, why) if why else None


@coordinator.count.asked_again
def vote_again(vote: Vote) -> Outcome | None:
    """A coordinator that died while handling this vote had stored it, and perhaps decided; then the decision is still
    to be told."""
    transaction, earlier = log.read(vote.tx_id), _before(vote)
    if earlier is Before.ALIVE:
        return None
    if transaction.decision:
        announced(vote.tx_id, transaction.decision)
        return coordinator.announce(vote, transaction.decision)
    if earlier is Before.DIED and transaction.votes.get(WHO[type(vote)]):
        return abort(vote, DIED)
    outcome: Outcome | None = coordinator.count(vote)
    return outcome


def abort(message: Message, why: Reason) -> Outcome | None:
    return coordinator.decide(message, Decision(ABORT, "failed", why))


def _before(message: Message) -> Before:
    delivery = context.current()
    return before(message, number(delivery.cause) if delivery else None)
