"""The participants: prepare, commit, rollback. Who has voted yes gives up the right to decide for itself: until the
decision is known here, the rows stay locked. That is what "in doubt" means, and why this protocol blocks."""

from collections.abc import Callable
from dataclasses import dataclass

from distviz.errors import Declined
from distviz.services.account import operations as account
from distviz.services.notification.outgoing import Outgoing
from distviz.services.payment import operations as payment
from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT, Place
from distviz.services.prepared import CannotPrepare, commit_prepared, is_prepared, prepared, rollback_prepared
from distviz.trace.bus import on
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.messages import Message
from protocols.two_phase import log
from protocols.two_phase.messages import FAILED, LINES, NO, WHO, YES, Commit, Done, Prepare, Rollback, Vote


@dataclass(frozen=True)
class Database:
    """On PostgreSQL the work becomes a prepared transaction: on disk, with its locks, not visible to other sessions."""

    place: Place
    work: Callable[[Message], Declined | None]

    def promise(self, request: Message) -> None:
        if not is_prepared(self.place, request.tx_id):
            with prepared(self.place, request.tx_id):
                if no := self.work(request):
                    raise no

    def keep(self, order: Message) -> None:
        commit_prepared(self.place, order.tx_id)

    def break_off(self, order: Message) -> None:
        rollback_prepared(self.place, order.tx_id)


PARTICIPANTS: dict[str, Database | Outgoing] = {
    "account": Database(ACCOUNT, account.deduct),
    "payment": Database(PAYMENT, payment.charge),
    "notification": Outgoing(),  # MongoDB has no PREPARE: the promise is an email that lies ready
}


@on(ACCOUNT, LINES["account"][Prepare])
@on(PAYMENT, LINES["payment"][Prepare])
@on(NOTIFICATION, LINES["notification"][Prepare])
def prepare(request: Prepare) -> None:
    """Phase 1: do the work, do not commit it, and vote. Asked again, it answers again."""
    me = WHO[type(request)]
    if log.decision_on(request.tx_id):
        return  # this vote is not awaited any more
    try:
        with step(f"prepare_{me}"):
            PARTICIPANTS[me].promise(request)
    except Declined as no:
        send(LINES[me][Vote].of(request, vote=NO, reason=no.reason))
    except CannotPrepare as no:
        send(LINES[me][Vote].of(request, vote=FAILED, reason=no.reason))
    else:
        decision = log.decision_on(request.tx_id)
        if decision and not decision.commits:  # the order to roll back came first, and found nothing
            rollback(request)
        else:
            send(LINES[me][Vote].of(request, vote=YES))


@on(ACCOUNT, LINES["account"][Commit])
@on(PAYMENT, LINES["payment"][Commit])
@on(NOTIFICATION, LINES["notification"][Commit])
def commit(order: Commit) -> None:
    """Phase 2: keep the promise."""
    me = WHO[type(order)]
    with step(f"commit_{me}"):
        PARTICIPANTS[me].keep(order)
    send(LINES[me][Done].of(order))


@on(ACCOUNT, LINES["account"][Rollback])
@on(PAYMENT, LINES["payment"][Rollback])
@on(NOTIFICATION, LINES["notification"][Rollback])
def rollback(order: Rollback | Prepare) -> None:
    """Phase 2: give up what was prepared, if anything was."""
    me = WHO[type(order)]
    with step(f"roll_back_{me}"):
        PARTICIPANTS[me].break_off(order)
    send(LINES[me][Done].of(order))
