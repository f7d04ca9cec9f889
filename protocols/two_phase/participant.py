"""The participants: prepare, commit, rollback. Who has voted yes gives up the right to decide for itself.

Until the decision is known here, the rows stay locked: that is what "in doubt" means, and why this protocol blocks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from distviz.codes import Reason
from distviz.errors import Declined
from distviz.services.account import operations as account
from distviz.services.payment import operations as payment
from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT, Place
from distviz.story.words.sentences import english
from distviz.trace import context, faults
from distviz.trace import log as run_log
from distviz.trace.bus import on
from distviz.trace.messages import Message
from distviz.trace.sending import send
from distviz.trace.steps import becomes, step
from protocols.two_phase import database, log, mailbox, xa
from protocols.two_phase.messages import FAILED, LINES, NO, YES, Line

BEFORE_PREPARE = ("before_prepare", "before_tx")


@dataclass(frozen=True)
class Participant:
    """One of those who vote, and its three verbs."""

    place: Place
    prepare: Callable[[Message], None]
    commit: Callable[[Message], None]
    rollback: Callable[[Message], None]
    in_doubt: Callable[[float], list[str]]

    @property
    def name(self) -> str:
        return self.place.name


def deduct(request: Message) -> None:
    """The Account Service's work: deduct if the balance covers it."""
    if no := account.deduct(request):
        raise no


def charge(request: Message) -> None:
    """The Payment Service's work: a COMPLETED payment, which nobody can see before the COMMIT."""
    if no := payment.charge(request):
        raise no


def take_part(me: Participant, line: Line) -> Participant:
    """Register the participant's three verbs on its queue. Each can be asked for again, and answers again."""

    @on(me.place, line.prepare)
    def prepare(request: Message) -> None:
        """Phase 1: do the work, do not commit it, and vote."""
        if log.decision_on(request.tx_id):
            return  # nobody waits for this vote any more
        try:
            with step(f"prepare_{me.name}", ends="prepared", before=BEFORE_PREPARE, after=("after_prepare",)):
                me.prepare(request)
                becomes("in_doubt")
        except Declined as no:
            send(line.voted.of(request, vote=NO, reason=no.reason, undone=True))
        except xa.CannotPrepare as error:
            send(line.voted.of(request, vote=FAILED, reason=Reason.of(str(error)), undone=True))
        else:
            # An abort may have overtaken us and found nothing to roll back: so look again, now that it is prepared.
            decision = log.decision_on(request.tx_id)
            if decision and not decision.commits:
                roll_back(me, request)
            else:
                send(line.voted.of(request, vote=YES))

    @prepare.gives_up
    def cannot_prepare(request: Message, error: Reason) -> None:
        """An attempt may have been prepared and its answer lost: so nothing is undone yet, the rollback will look."""
        why = f"{me.name} gave up after the last retry ({english(error)})"
        send(line.voted.of(request, vote=FAILED, reason=Reason.prose(why)))

    @on(me.place, line.commit)
    def commit(order: Message) -> None:
        """Phase 2: what was promised."""
        do_commit(me, order)
        send(line.done.of(order))

    @on(me.place, line.rollback)
    def rollback(order: Message) -> None:
        """Phase 2: give up what was prepared, if anything was."""
        roll_back(me, order)
        send(line.done.of(order))

    commit.gives_up(still_owed)
    rollback.gives_up(still_owed)
    return me


def do_commit(me: Participant, order: Message, at: str | None = "") -> None:
    with step(f"commit_{me.name}", at=at, before=("before_commit",), status="committing"):
        me.commit(order)


def roll_back(me: Participant, order: Message, at: str | None = "refund") -> None:
    """`refund.*` are the account's fault points here, too: its rollback is what sets the money free again."""
    points = at if me.place is ACCOUNT else None
    with step(f"roll_back_{me.name}", at=points, ends="rollback", before=("before_tx", "in_tx")):
        me.rollback(order)


def still_owed(order: Message, error: Reason) -> None:
    """What was decided stands, and nobody may take it back: a person is told, and recovery goes on trying."""
    tell_a_person(order, f"{english(error)}. The decision stands; recovery goes on until it is carried out.")


def tell_a_person(order: Message, why: str) -> None:
    delivery = context.current()
    run_log.append(
        order.tx_id,
        lane=delivery.lane if delivery else "api",
        kind="attention",
        phase="raised",
        name=type(order).__name__,
        caused_by=delivery.cause if delivery else None,
        error=why,
        status="needs_attention",
    )


for _service in LINES:
    faults.know_point(f"{_service}.before_prepare", faults.STEP_ACTIONS)
    for _moment in ("after_prepare", "before_commit"):
        faults.know_point(f"{_service}.{_moment}", faults.AFTER_ACTIONS)


def _with_database(place: Place, work: Callable[[Message], None]) -> Participant:
    return Participant(
        place,
        prepare=partial(_prepare_with, work, place),
        commit=partial(database.commit, place),
        rollback=partial(database.rollback, place),
        in_doubt=partial(database.in_doubt, place),
    )


def _prepare_with(work: Callable[[Message], None], place: Place, request: Message) -> None:
    database.prepare(place, request, work)


PARTICIPANTS = {
    me.name: take_part(me, LINES[me.name])
    for me in (
        _with_database(ACCOUNT, deduct),
        _with_database(PAYMENT, charge),
        Participant(NOTIFICATION, mailbox.prepare, mailbox.commit, mailbox.rollback, mailbox.in_doubt),
    )
}
