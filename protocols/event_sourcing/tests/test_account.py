"""Commands and the process manager, against a store that is a list: what is appended, what is sent, how it ends."""

from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError
from psycopg.errors import UniqueViolation

from distviz.codes import Reason
from distviz.trace.handlers import Handler
from distviz.trace.messages import Message
from distviz.trace.outcomes import Outcome
from protocols.event_sourcing import account, messages
from protocols.event_sourcing.aggregate import Account, Fact
from protocols.event_sourcing.recovery import deciding_again, giving_up

W = "0b1f0a52-6a4e-4d0b-9a0e-0d7b7f3a1a01"
ABOUT: dict[str, Any] = {"tx_id": W, "user_id": "alice", "amount": Decimal("100.00")}
REQUEST = messages.WithdrawalRequested(**ABOUT)
WHY = Reason("declined_on_purpose", {"who": "payment"})


class Taken(UniqueViolation):
    """As PostgreSQL says that a version is taken."""

    diag = SimpleNamespace(constraint_name="events_version")  # type: ignore[assignment]


class MemoryStore:
    """One stream in memory, in place of the database."""

    def __init__(self) -> None:
        self.events = [Fact("MoneyDeposited", None, {"amount": "1000.00"}, 1, 1)]
        self.quicker: list[list[Fact]] = []  # what others append between a load and the next append

    def load(self, name: str, withdrawal: str) -> tuple[Account, list[Fact]]:
        state = Account(f"account:{name}")
        for fact in self.events:
            state.apply(fact)
        return state, [fact for fact in self.events if fact.withdrawal_id == withdrawal]

    def append(self, state: Account, new: list[Fact]) -> list[Fact]:
        if self.quicker:
            self._add(self.quicker.pop(0))
        if state.version != self.events[-1].version:
            raise IntegrityError("duplicate key") from Taken()
        return self._add(new)

    def _add(self, new: list[Fact]) -> list[Fact]:
        last = self.events[-1].version
        stored = [fact._replace(version=last + n, position=last + n) for n, fact in enumerate(new, 1)]
        self.events += stored
        return stored

    @property
    def types(self) -> list[str]:
        return [fact.type for fact in self.events if fact.withdrawal_id == W]

    @property
    def balance(self) -> Decimal:
        return self.load("alice", W)[0].balance


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    made = MemoryStore()
    monkeypatch.setattr(account, "load", made.load)
    monkeypatch.setattr(account, "append", made.append)
    monkeypatch.setattr(account, "step", lambda name, **_: nullcontext())
    return made


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    gone: list[Message] = []
    monkeypatch.setattr(account, "send", gone.append)
    return gone


def names(sent: list[Message]) -> list[str]:
    return [type(message).__name__ for message in sent]


def test_the_happy_path(store: MemoryStore, sent: list[Message]) -> None:
    assert account.withdraw(REQUEST) is None
    assert account.record_payment(messages.PaymentProcessed(**ABOUT)) is None
    outcome = account.complete(messages.CustomerNotified(**ABOUT))
    assert store.types == [
        "WithdrawalRequested",
        "BalanceChecked",
        "MoneyDeducted",
        "PaymentProcessed",
        "WithdrawalCompleted",
    ]
    assert names(sent) == ["MoneyDeducted", "EventsAppended", "NotifyCustomer", "EventsAppended"]
    assert outcome == Outcome("succeeded", Reason("last_event_stored", {"amount": "100.00"}))
    assert store.balance == Decimal("900.00")


def test_a_payment_that_failed_is_compensated(store: MemoryStore, sent: list[Message]) -> None:
    account.withdraw(REQUEST)
    account.refund(messages.PaymentFailed(**ABOUT, reason=WHY))
    outcome = account.complete(messages.CustomerNotified(**ABOUT, reason=WHY))
    assert store.types[3:] == ["PaymentFailed", "MoneyRefunded", "WithdrawalFailed"]
    assert names(sent)[2:] == ["MoneyRefunded", "EventsAppended", "EventsAppended"]
    assert sent[2].reason == WHY
    assert outcome is not None
    assert (outcome.status, outcome.reason.params["why"]) == ("compensated", WHY.as_json())
    assert store.balance == Decimal("1000.00")


def test_too_little_money_is_declined(store: MemoryStore, sent: list[Message]) -> None:
    outcome = account.withdraw(messages.WithdrawalRequested(**ABOUT | {"amount": Decimal("1000.01")}))
    assert outcome is not None
    assert (outcome.status, outcome.reason.params["why"]["code"]) == ("declined", "insufficient_funds")
    assert names(sent) == ["EventsAppended"]


def test_a_copy_appends_nothing_and_sends_what_is_next(store: MemoryStore, sent: list[Message]) -> None:
    account.withdraw(REQUEST)
    account.record_payment(messages.PaymentProcessed(**ABOUT))
    before, _ = list(store.events), sent.clear()
    copies: list[tuple[Handler, Message]] = [
        (account.withdraw, REQUEST),
        (account.record_payment, messages.PaymentProcessed(**ABOUT)),
        (account.refund, messages.PaymentFailed(**ABOUT, reason=WHY)),
    ]
    for handler, message in copies:
        handler(message)
    assert store.events == before
    assert names(sent) == ["NotifyCustomer"] * 3


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (account.record_payment, messages.PaymentProcessed),
        (account.refund, messages.PaymentFailed),
        (account.complete, messages.CustomerNotified),
    ],
)
def test_nothing_follows_what_has_not_happened(
    store: MemoryStore, sent: list[Message], handler: Handler, kind: type[Message]
) -> None:
    assert handler(kind(**ABOUT)) is None
    assert (store.types, sent) == ([], [])


def test_a_tombstone_stops_a_late_request(store: MemoryStore, sent: list[Message]) -> None:
    outcome = giving_up.never_decided(REQUEST, Reason("error_on_purpose", {"at": "account.in_tx"}))
    assert outcome is not None
    assert outcome.status == "failed"
    again = account.withdraw(REQUEST)
    assert again == outcome
    assert store.types == ["WithdrawalRequested", "WithdrawalFailed"]
    assert store.balance == Decimal("1000.00")


def test_what_was_stored_before_there_were_codes_is_still_read(store: MemoryStore, sent: list[Message]) -> None:
    store.events.append(Fact("WithdrawalDeclined", W, {"amount": "100.00", "reason": "insufficient funds"}, 2, 2))
    outcome = account.withdraw(REQUEST)
    assert outcome is not None
    assert outcome.reason.params["why"] == {"code": "text", "params": {"text": "insufficient funds"}}


def others_take(times: int) -> Callable[[MemoryStore], None]:
    def prepare(store: MemoryStore) -> None:
        store.quicker = [[Fact("MoneyDeducted", "other", {"amount": "90.00"})] for _ in range(times)]

    return prepare


def test_who_was_slower_decides_again_on_the_newer_state(store: MemoryStore, sent: list[Message]) -> None:
    others_take(9)(store)
    account.withdraw.take(REQUEST, again=False)
    assert store.types == ["WithdrawalRequested", "BalanceChecked", "MoneyDeducted"]
    assert store.events[-2].data["balance"] == "190.00"


def test_after_ten_times_the_back_off_gets_its_turn(store: MemoryStore, sent: list[Message]) -> None:
    others_take(deciding_again.TRIES)(store)
    with pytest.raises(IntegrityError):
        account.withdraw.take(REQUEST, again=False)
    assert (store.types, sent) == ([], [])
