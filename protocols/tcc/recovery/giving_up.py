"""When the retries are used up. Undecided, that is a CANCEL; what is decided stands, and is carried out in the end."""

from distviz.codes import Reason
from distviz.services.places import COORDINATOR
from distviz.trace import context, outages
from distviz.trace.messages import Message
from distviz.trace.sending import send
from protocols.tcc import branches, coordinator, record
from protocols.tcc.messages import LINES, WHO, Tried, Try
from protocols.tcc.record import CANCEL, CONFIRM, Decision


@branches.reserve.gives_up
def never_reserved(order: Try, error: Reason) -> None:
    """An attempt may have reserved it and its answer be lost: nothing is undone yet, the cancel will find it."""
    me = WHO[type(order)]
    why = Reason.of("branch_gave_up", who=me, why=error)
    send(LINES[me][Tried].of(order, ends_as="failed", reason=why))


@coordinator.withdraw.gives_up
@coordinator.count.gives_up
def never_decided(message: Message, error: Reason) -> None:
    """The coordinator cannot go on: a CANCEL, unless something was decided before."""
    COORDINATOR.run(record.BEGIN, tx=message.tx_id, user=message.user_id, amount=message.amount)
    coordinator.decide(message, Decision(CANCEL, "failed", Reason.of("tcc_gave_up", why=error)))
    leave_open(message, error)


@branches.confirm.gives_up
@branches.cancel.gives_up
@branches.notify.gives_up
@coordinator.acknowledge.gives_up
@coordinator.complete.gives_up
def leave_open(message: Message, error: Reason) -> None:
    """A decision cannot be taken back, and nobody has to act: the sweep goes on until it is carried out."""
    delivery, found = context.current(), record.read(message.tx_id)
    if delivery and found.decision:
        status = "committing" if found.decision.decision == CONFIRM else "running"
        outages.leave_open(delivery, Reason.of("still_to_do", why=error), status)
