"""The Account Service: the balance and the outbox row in one local transaction, and what the answers mean for both."""

from django.db import DatabaseError

from distviz.codes import Reason
from distviz.services.account import operations as account
from distviz.services.inbox import first_time
from distviz.services.places import ACCOUNT
from distviz.trace.bus import on
from distviz.trace.messages import Message
from distviz.trace.outcomes import Outcome, declined, failed
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.outbox.events import (
    Acknowledged,
    CustomerNotified,
    MoneyDeducted,
    MoneyRefunded,
    PaymentFailed,
    PaymentProcessed,
    WithdrawalRequested,
)
from protocols.outbox.giving_up import unless_down
from protocols.outbox.relay import nudge
from protocols.outbox.table import ACCOUNT_OUTBOX as OUTBOX

CONSUMER = "outbox.account"

# An inbox row without an effect: the request is refused, and a late copy of it finds that out.
_TOMBSTONE = """
INSERT INTO inbox (consumer, message_id, withdrawal_id, received_at, duplicates)
VALUES (%(consumer)s, %(message)s, %(withdrawal)s, now(), 0) ON CONFLICT (consumer, message_id) DO NOTHING
"""
_SEEN = "SELECT 1 FROM inbox WHERE consumer = %(consumer)s AND message_id = %(message)s"
_down = unless_down(lambda: ACCOUNT.ask("SELECT 1"))


@on(ACCOUNT, WithdrawalRequested)
def deduct(request: WithdrawalRequested) -> Outcome | None:
    """Begin; update the account; insert into the outbox; commit: both or neither. Publishing is the relay's job."""
    no = None
    with step("deduct"), ACCOUNT.atomic():
        if first_time(ACCOUNT, request):
            no = account.deduct(request)
            if not no:
                OUTBOX.write(MoneyDeducted.of(request))
        else:
            account.show_committed(request)
    return declined(no) if no else _go_on(request)


@deduct.gives_up
def never_deducted(request: WithdrawalRequested, error: Reason) -> Outcome | None:
    """Nothing was taken and nothing will be. While not even that can be written down, the request stays open."""
    try:
        with step("give up", at=None), ACCOUNT.atomic():
            _refuse(request)
            taken = OUTBOX.state(request.tx_id).rows
    except DatabaseError:
        return None
    if taken:
        return _go_on(request)
    return failed("not_debited", why=Reason.of("max_retries", why=error))


@on(ACCOUNT, PaymentProcessed)
def acknowledge(event: PaymentProcessed) -> None:
    """The payment was made: the row that asked for it is acknowledged."""
    with step("acknowledge", at=None, status="delivering"), ACCOUNT.atomic():
        first_time(ACCOUNT, event)
        OUTBOX.acknowledge(event.tx_id, MoneyDeducted)
    _conclude(event)


@on(ACCOUNT, PaymentFailed)
def refund(event: PaymentFailed) -> Outcome | None:
    """Compensation: the money is given back and the news of it written to the outbox, again both or neither."""
    with step("refund", compensates="deduct"), ACCOUNT.atomic():
        if first_time(ACCOUNT, event):
            if account.refund(event):
                OUTBOX.write(MoneyRefunded.of(event, reason=event.reason))
            else:  # it has overtaken its own deduction, which must not come any more
                _refuse(event)
        OUTBOX.acknowledge(event.tx_id, MoneyDeducted)
    return _go_on(event)


@on(ACCOUNT, CustomerNotified)
def complete(event: CustomerNotified) -> None:
    """The customer has been told. After a refund this is the answer to its row."""
    with step("complete", at=None, status="delivering"), ACCOUNT.atomic():
        first_time(ACCOUNT, event)
        OUTBOX.acknowledge(event.tx_id, MoneyRefunded)
    _conclude(event)


for _handler in (acknowledge, refund, complete):
    _handler.gives_up(_down)


def _go_on(message: Message) -> Outcome | None:
    """What the tables say is next. A copy of a message that finds its work done comes through here as well."""
    if not OUTBOX.state(message.tx_id).rows:
        return declined("this request was refused before")
    OUTBOX.revive(message.tx_id)
    if not _conclude(message):
        nudge(OUTBOX)
    return None


def _conclude(message: Message) -> bool:
    """Everything here is published and acknowledged and the customer knows: tell the Payment Service, whose row waits
    for that. Asked after the commit, so that of two answers that come at once the later one sees both."""
    if OUTBOX.state(message.tx_id).unanswered or not _seen(CustomerNotified.of(message)):
        return False
    send(Acknowledged.of(message))
    return True


def _seen(message: Message) -> bool:
    return bool(ACCOUNT.ask(_SEEN, {"consumer": CONSUMER, "message": message.id}))


def _refuse(message: Message) -> None:
    request = WithdrawalRequested.of(message)
    ACCOUNT.run(_TOMBSTONE, consumer=CONSUMER, message=request.id, withdrawal=request.tx_id)
