"""The Account Service's commands, and the process manager that drives a withdrawal on.

Every command is the same three words: load the account from its events, decide, append. What is next is read off the
stream alone, so a copy of a message, or a sweep after a crash, goes on exactly where the store says it is.
"""

from collections.abc import Callable, Sequence

from distviz.errors import Transient
from distviz.services.inbox import note_duplicate
from distviz.trace.bus import on, send
from distviz.trace.messages import Message
from distviz.trace.outcomes import Outcome, compensated, declined, failed, succeeded
from distviz.trace.steps import declined as refusal
from distviz.trace.steps import step
from protocols.event_sourcing import aggregate, projection, store
from protocols.event_sourcing.aggregate import Account
from protocols.event_sourcing.events import (
    EFFECT,
    LAST,
    CustomerNotified,
    EventsAppended,
    Fact,
    Kind,
    MoneyDeducted,
    MoneyRefunded,
    NotifyCustomer,
    PaymentFailed,
    PaymentProcessed,
    WithdrawalRequested,
)
from protocols.event_sourcing.places import EVENTS

TRIES = 10  # against others at the same account, before the platform's back-off gets its turn

# The process manager: what is asked for after which fact.
NEXT: dict[str, type[Message]] = {
    Kind.MONEY_DEDUCTED: MoneyDeducted,
    Kind.PAYMENT_PROCESSED: NotifyCustomer,
    Kind.PAYMENT_FAILED: PaymentFailed,
    Kind.MONEY_REFUNDED: MoneyRefunded,
}


@on(EVENTS, WithdrawalRequested)
def withdraw(request: WithdrawalRequested) -> Outcome | None:
    """Check the balance that the events add up to; append what follows."""
    return _go_on(request, _carry_out("deduct", request, lambda a: aggregate.request(a, request.amount, refusal())))


@withdraw.gives_up
def never_decided(request: WithdrawalRequested, error: str) -> Outcome | None:
    """Nothing was deducted and nothing will be: a late copy of the request finds this decision."""
    reason = f"max retries exceeded ({error})"
    account = _carry_out("give up", request, lambda a: aggregate.decline(a, request.amount, reason), at=None)
    if account.reason == reason[:300]:
        _tell_projector(request, account)
        return failed(f"The account could not be debited: {reason}. No money moved.")
    return _go_on(request, account)


@on(EVENTS, PaymentProcessed)
def record_payment(answer: PaymentProcessed) -> Outcome | None:
    """The payment was made somewhere else; here it becomes a fact."""
    kind = Kind.PAYMENT_PROCESSED
    return _go_on(answer, _carry_out("record", answer, lambda a: aggregate.follow(a, kind, answer.amount), at=None))


@on(EVENTS, PaymentFailed)
def refund(answer: PaymentFailed) -> Outcome | None:
    """First the fact, then its compensation: not an undo, a second and opposite event."""
    kind = Kind.PAYMENT_FAILED
    _carry_out("record", answer, lambda a: aggregate.follow(a, kind, answer.amount, answer.reason), at=None)
    account = _carry_out(
        "refund",
        answer,
        lambda a: aggregate.follow(a, Kind.MONEY_REFUNDED, answer.amount, a.reason),
        compensates="deduct",
    )
    return _go_on(answer, account)


@on(EVENTS, CustomerNotified)
def complete(event: CustomerNotified) -> Outcome | None:
    """Nothing is left to do: the last event goes into the store."""
    return _go_on(event, _carry_out("complete", event, lambda a: aggregate.finish(a, event.amount), at=None))


def _carry_out(
    name: str,
    message: Message,
    decide: Callable[[Account], list[Fact]],
    *,
    at: str | None = "",
    compensates: str = "",
) -> Account:
    """Load, decide, append; and all over again if somebody else appended meanwhile."""
    for _ in range(TRIES):
        try:
            with step(name, at=at, compensates=compensates):
                before = store.load(message.user_id, message.tx_id)
                facts = decide(before)
                if facts:
                    account = store.append(before, facts)
                else:
                    account = before
                    store.show(account, account.known)
        except store.VersionConflict:
            continue
        if facts:
            store.snapshot(account, before.version)
        else:
            note_duplicate(type(message).__name__, 1)
        return account
    raise Transient(f"{TRIES} times somebody else appended to {message.user_id}'s stream first; nothing was appended")


def _go_on(message: Message, account: Account) -> Outcome | None:
    """What the stream says is next."""
    if account.last in NEXT:
        send(next_message(message, account))
    if account.last in LAST or account.last in EFFECT:
        _tell_projector(message, account)
    return _outcome(message, account)
