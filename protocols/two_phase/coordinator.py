"""The coordinator: asks everybody, decides once, tells everybody. Its decision is the transaction's commit point.

Phase 1 can fail at any moment and then means ABORT; phase 2 can only be repeated until it has worked.
"""

from distviz.codes import Reason
from distviz.services.places import COORDINATOR
from distviz.story.words.sentences import english
from distviz.trace import faults
from distviz.trace.bus import on
from distviz.trace.messages import Message
from distviz.trace.outcomes import Outcome
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.two_phase import log
from protocols.two_phase.decision import end, tell, write_decision
from protocols.two_phase.messages import (
    LINES,
    NO,
    SENDER,
    YES,
    AccountDone,
    AccountVoted,
    NotificationDone,
    NotificationVoted,
    PaymentDone,
    PaymentVoted,
    WithdrawalRequested,
)
from protocols.two_phase.participant import still_owed
from protocols.two_phase.recovery import patience
from protocols.two_phase.state import ABORT, COMMIT, Claim

DIED = "the coordinator died before it had decided"

for _moment in (
    "before_prepare",
    "between_prepares",
    "after_prepared",
    "after_decision",
    "between_commits",
    "after_commits",
):
    faults.know_point(f"coordinator.{_moment}", faults.AFTER_ACTIONS)


# --- phase 1 ------------------------------------------------------------------------------------------------------


@on(COORDINATOR, WithdrawalRequested)
def withdraw(request: WithdrawalRequested) -> Outcome | None:
    """Ask everybody: ready? A copy of the request finds the log and goes on from what it says.

    What is decided and not yet done everywhere is left to recovery: each server is finished by its own service.
    """
    found = log.read(request.tx_id)
    if found.decision:
        return None if found.waiting else end(request, found.decision)
    if found.parties and found.asked:
        return abort(request, why) if (why := patience.lost(request.tx_id, found)) else None
    with step("begin", at=None):
        claim = log.begin(request)
    if claim is Claim.DIED:
        return abort(request, DIED)
    if claim is not Claim.BUSY:
        ask_everybody(request)
    return None


def ask_everybody(request: Message) -> None:
    with log.in_charge(request.tx_id, log.LAST):
        faults.fire(["coordinator.before_prepare"])
        for number, line in enumerate(LINES.values()):
            if number == 1:
                faults.fire(["coordinator.between_prepares"])
            send(line.prepare.of(request))
        log.asked(request.tx_id)


@on(COORDINATOR, AccountVoted)
def account_voted(vote: AccountVoted) -> Outcome | None:
    return count(vote)


@on(COORDINATOR, PaymentVoted)
def payment_voted(vote: PaymentVoted) -> Outcome | None:
    return count(vote)


@on(COORDINATOR, NotificationVoted)
def notification_voted(vote: NotificationVoted) -> Outcome | None:
    return count(vote)


def count(vote: AccountVoted | PaymentVoted | NotificationVoted) -> Outcome | None:
    """One no is enough for ABORT; COMMIT takes a yes from everybody.

    A coordinator that died over a vote before anything was decided has not decided: that is an ABORT.
    """
    claim, found = log.count(vote)
    with log.in_charge(vote.tx_id, SENDER[type(vote)]):
        if claim is Claim.BUSY or (found.decision and claim is Claim.NEW):
            return None
        if found.decision:
            return tell(vote, found.decision)
        if claim is Claim.DIED:
            return abort(vote, DIED)
        if vote.vote != YES:
            return decide(vote, ABORT, english(vote.reason), ends_as="declined" if vote.vote == NO else "failed")
        if found.unanimous:
            faults.fire(["coordinator.after_prepared"])
            return decide(vote, COMMIT)
    return None


# --- the commit point ---------------------------------------------------------------------------------------------


def decide(message: Message, decision: str, reason: str = "", *, ends_as: str = "succeeded") -> Outcome | None:
    """Write the decision down. If somebody else was first, theirs stands, and telling it is theirs as well."""
    first, stands = write_decision(message.tx_id, decision, reason, ends_as=ends_as, by="coordinator")
    if not first:
        return None
    faults.fire(["coordinator.after_decision"])
    return tell(message, stands)


def abort(message: Message, reason: str) -> Outcome | None:
    return decide(message, ABORT, reason, ends_as="failed")


# --- phase 2 ------------------------------------------------------------------------------------------------------


@on(COORDINATOR, AccountDone)
def account_done(answer: AccountDone) -> Outcome | None:
    return acknowledge(answer)


@on(COORDINATOR, PaymentDone)
def payment_done(answer: PaymentDone) -> Outcome | None:
    return acknowledge(answer)


@on(COORDINATOR, NotificationDone)
def notification_done(answer: NotificationDone) -> Outcome | None:
    return acknowledge(answer)


def acknowledge(answer: AccountDone | PaymentDone | NotificationDone) -> Outcome | None:
    """The last acknowledgement ends the transaction: every participant has committed, or rolled back."""
    found = log.done(answer.tx_id, SENDER[type(answer)])
    if found.decision is None or found.waiting:
        return None
    if found.decision.commits:
        faults.fire(["coordinator.after_commits"])
    return end(answer, found.decision)


def gives_up(message: Message, error: Reason) -> Outcome | None:
    """The coordinator cannot go on: undecided, that is an ABORT. A decision is carried out, by recovery if need be."""
    if log.decision_on(message.tx_id):
        still_owed(message, error)
        return None
    return abort(message, f"the coordinator gave up after the last retry ({english(error)})")


for _handler in (withdraw, account_voted, payment_voted, notification_voted):
    _handler.gives_up(gives_up)
for _handler in (account_done, payment_done, notification_done):
    _handler.gives_up(still_owed)
