"""What follows from a decision, whoever made it: the coordinator, recovery in its place, or a person.

It is written down, the first writer wins; then everybody is told, as often as it takes, until all have done it.
"""

from distviz.codes import Reason
from distviz.services.places import COORDINATOR
from distviz.trace import context, faults
from distviz.trace import log as run_log
from distviz.trace.messages import Message
from distviz.trace.models import Event
from distviz.trace.outcomes import Outcome
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.two_phase import log
from protocols.two_phase.messages import LINES
from protocols.two_phase.state import Decision


def write_decision(tx_id: str, decision: str, reason: str, *, ends_as: str, by: str) -> tuple[bool, Decision]:
    """Returns (whether it was us who decided, the decision that stands)."""
    with step("decide", at=None, status="in_doubt" if log.read(tx_id).may_be_prepared else None):
        first, stands = log.decide(tx_id, decision, ends_as=ends_as, reason=reason, by=by)
    if first:
        announce(tx_id, stands)
    return first, stands


def announce(tx_id: str, decision: Decision) -> None:
    delivery = context.current()
    run_log.append(
        tx_id,
        lane=COORDINATOR.lane,
        kind="decision",
        phase="made",
        name=decision.decision,
        caused_by=delivery.cause if delivery else None,
        error="" if decision.commits else decision.reason,
        data={"by": decision.decided_by, "reason": decision.reason},
        status="committing" if decision.commits else "running",
    )


def tell(message: Message, decision: Decision) -> Outcome | None:
    """Tell everybody who has not acknowledged. From here on there is no way back, only forward."""
    if not Event.objects.filter(run_id=message.tx_id, kind="decision").exists():
        announce(message.tx_id, decision)  # who decided died before it could say so
    waiting = log.read(message.tx_id).waiting
    for number, name in enumerate(waiting):
        if number == 1 and decision.commits:
            faults.fire(["coordinator.between_commits"])
        order = LINES[name].commit if decision.commits else LINES[name].rollback
        send(order.of(message, reason=Reason.read(decision.reason)))
    return None if waiting else end(message, decision)


def end(message: Message, decision: Decision) -> Outcome:
    if not decision.ended:
        with step("end", at=None, status="committing" if decision.commits else None):
            log.end(message.tx_id)
    return decision.outcome(message)
