"""The Account Service's commands, and the process manager that drives a withdrawal on.

Every command is the same three words: load the account from its events, decide, append. What is next is read off the
stream alone, so a copy of a message, or a sweep after a crash, goes on exactly where the store says it is.
"""

from collections.abc import Callable
from typing import Any

from distviz.codes import Reason
from distviz.errors import Transient
from distviz.services.inbox import note_duplicate
from distviz.story.words.sentences import english
from distviz.trace.bus import on
from distviz.trace.messages import Message
from distviz.trace.outcomes import Outcome, compensated, declined, failed, succeeded
from distviz.trace.sending import send
from distviz.trace.steps import becomes, step
from distviz.trace.steps import declined as refusal
from protocols.event_sourcing import aggregate, store
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

# The process manager: what is sent after which fact.
NEXT: dict[str, type[Message]] = {
    Kind.MONEY_DEDUCTED: MoneyDeducted,
    Kind.PAYMENT_PROCESSED: NotifyCustomer,
    Kind.MONEY_REFUNDED: MoneyRefunded,
}


@on(EVENTS, WithdrawalRequested)
def withdraw(request: WithdrawalRequested) -> Outcome | None:
    """Check the balance that the events add up to; append what follows."""
    return _go_on(*_carry_out("deduct", request, lambda a: aggregate.request(a, request.amount, refusal())))


@withdraw.gives_up
def never_decided(request: WithdrawalRequested, error: Reason) -> Outcome | None:
    """If nothing was deducted, nothing will be: a late copy of the request finds this decision."""
    reason = english(Reason.of("max_retries", why=error))
    return _go_on(*_carry_out("give up", request, lambda a: aggregate.give_up(a, request.amount, reason), at=None))


@on(EVENTS, PaymentProcessed)
def record_payment(answer: PaymentProcessed) -> Outcome | None:
    """The payment was made somewhere else; here it becomes a fact."""
    return _go_on(*_carry_out("record", answer, lambda a: aggregate.record_payment(a, answer.amount), at=None))


@on(EVENTS, PaymentFailed)
def refund(answer: PaymentFailed) -> Outcome | None:
    """The compensation: the deduction stays in the store for ever, and so does its opposite."""

    def decide(account: Account) -> list[Fact]:
        return aggregate.refund(account, answer.amount, english(answer.reason))

    return _go_on(*_carry_out("refund", answer, decide, compensates="deduct"))


@on(EVENTS, CustomerNotified)
def complete(event: CustomerNotified) -> Outcome | None:
    """Nothing is left to do: the last event goes into the store."""
    return _go_on(*_carry_out("complete", event, lambda a: aggregate.finish(a, event.amount), at=None))


def _carry_out(
    name: str,
    message: Message,
    decide: Callable[[Account], list[Fact]],
    *,
    at: str | None = "",
    compensates: str = "",
) -> tuple[Account, Account]:
    """Load, decide, append; and all over again if somebody else appended meanwhile. Returns the account before and
    after; they are the same if the store knew it already."""
    for _ in range(TRIES):
        try:
            with step(name, at=at, compensates=compensates):
                before = store.load(message.user_id, message.tx_id)
                account = store.append(before, decide(before))
                if account.version > before.version and account.last in LAST:
                    becomes("catching_up")
        except store.VersionConflict:
            continue
        if account.version == before.version:
            note_duplicate(type(message).__name__, 1)
        store.keep_snapshot(account)
        return before, account
    raise Transient(f"others appended to {message.user_id}'s stream first, {TRIES} times in a row")


def _go_on(before: Account, account: Account) -> Outcome | None:
    """What the stream says is next; and the projector hears of what it would show."""
    if account.last in NEXT:
        send(next_message(account))
    if account.version > before.version and (account.last in EFFECT or account.last in LAST):
        send(EventsAppended(position=account.position, **_subject(account)))
    return _outcome(account)


def next_message(account: Account) -> Message:
    """Read off the store alone."""
    return NEXT[account.last](**_subject(account))


def _subject(account: Account) -> dict[str, Any]:
    amount = account.known[0].amount
    why = Reason.read(account.reason)
    return {"tx_id": account.about, "user_id": account.name, "amount": amount, "reason": why}


def _outcome(account: Account) -> Outcome | None:
    if not account.known:
        return None
    amount = account.known[0].amount
    if account.last == Kind.WITHDRAWAL_COMPLETED:
        return succeeded(f"${amount} was withdrawn and paid; the last event is in the store.")
    if account.last == Kind.WITHDRAWAL_DECLINED:
        return declined(account.reason)
    if account.last == Kind.WITHDRAWAL_FAILED and any(f.kind == Kind.MONEY_REFUNDED for f in account.known):
        return compensated(f"${amount} was given back: {account.reason}.")
    if account.last == Kind.WITHDRAWAL_FAILED:
        return failed(f"The account could not be debited: {account.reason}. No money moved.")
    return None
