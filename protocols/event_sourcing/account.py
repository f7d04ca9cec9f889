"""The Account Service: the event store, the commands, and the process manager that drives the other two services. What
is next is read off the store alone: a copy of a message or a sweep after a crash goes on exactly where the store is."""

import json

from distviz.codes import Reason
from distviz.services.account.operations import refuses
from distviz.services.inbox import first_time
from distviz.services.notification import operations as notification
from distviz.services.payment import operations as payment
from distviz.services.places import NOTIFICATION, PAYMENT, Place
from distviz.trace.bus import on
from distviz.trace.outcomes import Outcome, compensated, declined, failed, succeeded
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.event_sourcing import messages
from protocols.event_sourcing.aggregate import EFFECT, LAST, Account, Fact
from protocols.event_sourcing.messages import MoneyDeducted, MoneyRefunded, NotifyCustomer
from protocols.messages import Message

EVENTS = Place("account", alias="events", queue="account", lane="account")
PREFIX = "account:"

# A snapshot may stand for the events before it, except for those of the withdrawal `id` (migration 0003).
READ = "SELECT type, withdrawal_id, data, version, position FROM stream_of(%(stream)s, %(id)s::uuid) ORDER BY position"
# Who appends waits for who is appending: positions are in the order of commits, and no gap is filled later (0002).
APPEND = """
INSERT INTO events (aggregate, version, type, withdrawal_id, data)
SELECT %(stream)s, %(version)s + number, fact->>0, (fact->>1)::uuid, fact->2
FROM jsonb_array_elements(%(facts)s::jsonb) WITH ORDINALITY AS f(fact, number) ORDER BY number
RETURNING type, withdrawal_id::text, data, version, position
"""
# The process manager: which message follows which fact.
NEXT = {"MoneyDeducted": MoneyDeducted, "PaymentProcessed": NotifyCustomer, "MoneyRefunded": MoneyRefunded}


@on(EVENTS, messages.WithdrawalRequested)
def withdraw(request: messages.WithdrawalRequested) -> Outcome | None:
    """Check the balance that the events add up to; append what follows."""
    return carry_out("deduct", request, {"": lambda account: account.withdraw(request, refuses(request))})


@on(EVENTS, messages.PaymentProcessed)
def record_payment(answer: messages.PaymentProcessed) -> Outcome | None:
    """The payment was made somewhere else; here it becomes a fact."""
    return carry_out("record", answer, {"MoneyDeducted": lambda _: [Fact.of(answer, "PaymentProcessed")]})


@on(EVENTS, messages.PaymentFailed)
def refund(answer: messages.PaymentFailed) -> Outcome | None:
    """The compensation: the deduction stays in the store for ever, and so does its opposite."""
    facts = [Fact.of(answer, "PaymentFailed", answer.reason), Fact.of(answer, "MoneyRefunded")]
    return carry_out("refund", answer, {"MoneyDeducted": lambda _: facts}, compensates="deduct")


@on(EVENTS, messages.CustomerNotified)
def complete(event: messages.CustomerNotified) -> Outcome | None:
    """Nothing is left to do: the last event goes into the store."""
    paid, refunded = Fact.of(event, "WithdrawalCompleted"), Fact.of(event, "WithdrawalFailed", event.reason)
    return carry_out("complete", event, {"PaymentProcessed": lambda _: [paid], "MoneyRefunded": lambda _: [refunded]})


def carry_out(name: str, message: Message, follows: dict, compensates: str = "") -> Outcome | None:
    """Load, decide, append. `follows` says what follows after which fact: a copy finds the withdrawal further on."""
    with step(name, compensates=compensates):
        account, known = load(message.user_id, message.tx_id)
        decide = follows.get(known[-1].type if known else "")
        new = append(account, decide(account)) if decide else []
    return go_on(message, known + new, bool(new))


def load(name: str, withdrawal: str) -> tuple[Account, list[Fact]]:
    """The account as its events say, and everything that they say of one withdrawal."""
    account = Account(PREFIX + name)
    facts = [Fact.read(row) for row in EVENTS.run(READ, stream=account.stream, id=withdrawal)]
    for fact in facts:
        if fact.version > account.version:
            account.apply(fact)
    return account, [fact for fact in facts if fact.withdrawal_id == withdrawal]


def append(account: Account, new: list[Fact]) -> list[Fact]:
    """Right after the version that was decided on; the database refuses all of it if another append came first."""
    rows = EVENTS.write(APPEND, stream=account.stream, version=account.version, facts=json.dumps(new))
    return [Fact.read(row) for row in rows]


def go_on(message: Message, facts: list[Fact], appended: bool) -> Outcome | None:
    """Send what follows the last fact, or say how it ended; and the projector hears of what it would show."""
    last = facts[-1].type if facts else ""
    whys = [Reason.read(fact.data.get("why", fact.data["reason"])) for fact in facts if "reason" in fact.data]
    why = whys[0] if whys else None
    if last in NEXT:
        send(NEXT[last].of(message, reason=why))
    if appended and last in {*EFFECT, *LAST}:
        send(messages.EventsAppended.of(message, position=facts[-1].position))
    if last == "WithdrawalCompleted":
        return succeeded("last_event_stored", amount=message.amount)
    if last == "WithdrawalDeclined" and why:
        return declined(why)
    if last == "WithdrawalFailed" and facts[-2].type == "MoneyRefunded":
        return compensated("given_back", amount=message.amount, why=why)
    return failed("not_debited", why=why) if last == "WithdrawalFailed" else None


@on(PAYMENT, MoneyDeducted)
def charge(event: MoneyDeducted) -> None:
    """The Payment Service processes the payment once, and says how it went as often as asked."""
    with step("charge"), PAYMENT.atomic():
        no = payment.charge(event) if first_time(PAYMENT, event) else payment.answer_to(event)
    send(messages.PaymentFailed.of(event, reason=no.reason) if no else messages.PaymentProcessed.of(event))


@on(NOTIFICATION, NotifyCustomer)
def notify(command: NotifyCustomer) -> None:
    """The Notification Service sends the email."""
    with step("notify"):
        if no := notification.send(command, "withdrawn"):
            raise no
    send(messages.CustomerNotified.of(command))


@on(NOTIFICATION, MoneyRefunded)
def notify_refund(event: MoneyRefunded) -> None:
    """The customer learns that the money is back."""
    with step("notify"):
        if no := notification.send(event, "refunded"):
            raise no
    send(messages.CustomerNotified.of(event, reason=event.reason))
