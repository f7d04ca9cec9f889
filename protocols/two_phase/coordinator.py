"""The coordinator: collects votes, decides once, tells all participants. Its decision is the commit point: phase 1 can
fail at any moment and then means ABORT, phase 2 can only be repeated until it has worked."""

from distviz.services.places import COORDINATOR
from distviz.trace.bus import on
from distviz.trace.outcomes import Outcome, declined, failed, succeeded
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.messages import Message
from protocols.two_phase import log
from protocols.two_phase.log import ABORT, COMMIT, Decision
from protocols.two_phase.messages import LINES, NO, YES, Commit, Done, Prepare, Rollback, Vote, WithdrawalRequested


@on(COORDINATOR, WithdrawalRequested)
def withdraw(request: WithdrawalRequested) -> None:
    """Phase 1. Record the participants, then ask each to prepare."""
    with step("begin"):
        log.begin(request.tx_id)
    for line in LINES.values():
        send(line[Prepare].of(request))


@on(COORDINATOR, *(line[Vote] for line in LINES.values()))
def count(vote: Vote) -> Outcome | None:
    """One no is enough for ABORT; COMMIT takes a yes from every participant."""
    transaction = log.keep(vote)
    if transaction.decision:
        return None
    if vote.vote != YES:
        return decide(vote, Decision(ABORT, "declined" if vote.vote == NO else "failed", vote.reason))
    return decide(vote, Decision(COMMIT)) if transaction.unanimous else None


def decide(message: Message, decision: Decision) -> Outcome | None:
    """The commit point. If another process was first, its decision stands, and that process tells it."""
    with step("decide"):
        first = log.decide(message.tx_id, decision)
    return announce(message, decision) if first else None


def announce(message: Message, decision: Decision) -> Outcome | None:
    """Phase 2. Tell each participant that has not finished. From here there is no rollback."""
    waiting = log.read(message.tx_id).waiting
    for name in waiting:
        send(LINES[name][Commit if decision.commits else Rollback].of(message, reason=decision.reason))
    return None if waiting else end(message, decision)


@on(COORDINATOR, *(line[Done] for line in LINES.values()))
def acknowledge(answer: Done) -> Outcome | None:
    """The last acknowledgement ends the transaction: every participant has committed, or rolled back."""
    transaction = log.keep(answer)
    return end(answer, transaction.decision) if transaction.decision and not transaction.waiting else None


def end(message: Message, decision: Decision) -> Outcome:
    if not decision.ended:
        with step("end"):
            log.end(message.tx_id)
    if decision.commits:
        return succeeded("all_committed", amount=message.amount)
    no = decision.reason
    return declined(no) if no and decision.ends_as == "declined" else failed("rolled_back_everywhere", why=no)
