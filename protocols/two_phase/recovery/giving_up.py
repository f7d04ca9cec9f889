"""When the retries are used up. Undecided, that is a no; what is decided stands, and is carried out in the end."""

from distviz.codes import Reason
from distviz.trace import context, outages
from distviz.trace.messages import Message
from distviz.trace.outcomes import Outcome
from distviz.trace.sending import send
from protocols.two_phase import coordinator, log, participant
from protocols.two_phase.messages import FAILED, LINES, WHO, Prepare, Vote
from protocols.two_phase.recovery.asked_again import abort


@participant.prepare.gives_up
def never_prepared(request: Prepare, error: Reason) -> None:
    """An attempt may have been prepared and its answer lost: so nothing is undone yet, the rollback checks it."""
    me = WHO[type(request)]
    send(LINES[me][Vote].of(request, vote=FAILED, reason=Reason.of("participant_gave_up", who=me, why=error)))


@participant.commit.gives_up
@participant.rollback.gives_up
@coordinator.acknowledge.gives_up
def still_owed(message: Message, error: Reason) -> None:
    """A decision cannot be taken back, and needs no manual action: recovery goes on until it is carried out."""
    decision, delivery = log.decision_on(message.tx_id), context.current()
    if delivery and decision:
        status = "committing" if decision.commits else "running"
        outages.leave_open(delivery, Reason.of("still_owed", why=error), status)


@coordinator.withdraw.gives_up
@coordinator.count.gives_up
def never_decided(message: Message, error: Reason) -> Outcome | None:
    """The coordinator cannot go on: an ABORT, unless something is decided already."""
    if log.decision_on(message.tx_id):
        still_owed(message, error)
        return None
    return abort(message, Reason.of("coordinator_gave_up", why=error))


def raise_attention(message: Message, why: Reason) -> None:
    delivery = context.current() or context.Delivery(message.tx_id)
    delivery.tell("attention", "raised", type(message).__name__, error=why, status="needs_attention")
