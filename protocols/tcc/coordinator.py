"""The coordinator: every branch tries, then one decision is carried out by all. No branch keeps a lock meanwhile."""

from distviz.services.places import COORDINATOR
from distviz.trace.bus import on
from distviz.trace.outcomes import Outcome, declined, failed, succeeded
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.messages import Message
from protocols.tcc import record
from protocols.tcc.messages import LINES, WHO, Cancel, Confirm, CustomerNotified, Done, NotifyCustomer, Tried, Try
from protocols.tcc.messages import WithdrawalRequested as Request
from protocols.tcc.record import CANCEL, CONFIRM, Decision


@on(COORDINATOR, Request)
def withdraw(request: Request) -> Outcome | None:
    """Write the withdrawal down, then let every branch try."""
    with step("begin"):
        COORDINATOR.run(record.BEGIN, tx=request.tx_id, user=request.user_id, amount=request.amount)
    return go_on(request)


@on(COORDINATOR, *(line[Tried] for line in LINES.values()))
def count(reply: Tried) -> None:
    """One refusal is enough for CANCEL; CONFIRM takes every branch."""
    if reply.ends_as:
        decide(reply, Decision(CANCEL, reply.ends_as, reply.reason))
    elif not record.keep(record.TRIED, reply, WHO[type(reply)]).untried:
        decide(reply, Decision(CONFIRM))


def decide(message: Message, decision: Decision) -> None:
    """The point of no return. If another process was first, its decision stands, and that process tells it."""
    with step("decide"):
        first = record.decide(message.tx_id, decision)
    if first:
        go_on(message)


@on(COORDINATOR, *(line[Done] for line in LINES.values()))
def acknowledge(answer: Done) -> Outcome | None:
    """Once every branch has done what was decided, nothing can change it any more."""
    found = record.keep(record.DONE, answer, WHO[type(answer)])
    return None if found.waiting else go_on(answer)


@on(COORDINATOR, CustomerNotified)
def complete(event: CustomerNotified) -> Outcome | None:
    made = record.read(event.tx_id).decision
    return close(event, made) if made else None


def close(message: Message, made: Decision) -> Outcome:
    with step("end"):
        COORDINATOR.run(record.END, tx=message.tx_id)
    if made.decision == CONFIRM:
        return succeeded("tcc_confirmed", amount=message.amount)
    no = made.reason
    return declined(no) if no and made.ends_as == "declined" else failed("tcc_cancelled", why=no)


def go_on(message: Message) -> Outcome | None:
    """What the record says is next. A branch that has had a verb before answers it again."""
    found = record.read(message.tx_id)
    made = found.decision
    if made is None and found.untried:
        send(*(LINES[name][Try].of(message) for name in found.untried))
    elif made is None:
        decide(message, Decision(CONFIRM))
    elif found.waiting:
        order = Confirm if made.decision == CONFIRM else Cancel
        send(*(LINES[name][order].of(message, reason=made.reason) for name in found.waiting))
    elif made.decision == CONFIRM and not found.ended:
        send(NotifyCustomer.of(message))
    else:
        return close(message, made)
    return None
