"""The aggregate is pure: facts in, state out; state and a wish in, facts out."""

from dataclasses import replace
from decimal import Decimal

import pytest

from protocols.event_sourcing import aggregate
from protocols.event_sourcing.aggregate import Account, CorruptStream, apply, fold
from protocols.event_sourcing.events import Fact, Kind

W = "0b1f0a52-6a4e-4d0b-9a0e-0d7b7f3a1a01"
OTHER = "0b1f0a52-6a4e-4d0b-9a0e-0d7b7f3a1a02"
HUNDRED = Decimal("100.00")


def stored(facts: list[Fact], after: int) -> list[Fact]:
    """The facts as the store numbers them."""
    return [replace(fact, version=number, position=number) for number, fact in enumerate(facts, after + 1)]


def account(balance: str = "1000.00", about: str = W) -> Account:
    deposit = Fact(kind=Kind.MONEY_DEPOSITED, amount=Decimal(balance), version=1, position=1)
    return apply(Account(name="alice", about=about), deposit)


def after(before: Account, facts: list[Fact]) -> Account:
    return fold(before, stored(facts, before.version))


def kinds(facts: list[Fact]) -> list[str]:
    return [str(fact.kind) for fact in facts]


def test_the_balance_is_the_fold() -> None:
    now = after(account(), aggregate.request(account(), HUNDRED))
    assert (now.balance, now.version, now.deposited) == (Decimal("900.00"), 4, Decimal("1000.00"))
    assert now.last == Kind.MONEY_DEDUCTED


def test_the_happy_path_in_the_order_of_the_textbook() -> None:
    now = account()
    for decide in (
        lambda a: aggregate.request(a, HUNDRED),
        lambda a: aggregate.record_payment(a, HUNDRED),
        lambda a: aggregate.finish(a, HUNDRED),
    ):
        now = after(now, decide(now))
    assert kinds(list(now.known)) == [
        "WithdrawalRequested",
        "BalanceChecked",
        "MoneyDeducted",
        "PaymentProcessed",
        "WithdrawalCompleted",
    ]
    assert now.balance == Decimal("900.00")


def test_a_payment_that_failed_is_made_good_by_an_opposite_fact() -> None:
    now = after(account(), aggregate.request(account(), HUNDRED))
    now = after(now, aggregate.refund(now, HUNDRED, "card expired"))
    now = after(now, aggregate.finish(now, HUNDRED))
    assert kinds(list(now.known))[3:] == ["PaymentFailed", "MoneyRefunded", "WithdrawalFailed"]
    assert now.balance == Decimal("1000.00")
    assert now.reason == "card expired"


@pytest.mark.parametrize(("balance", "refusal"), [("99.99", ""), ("1000.00", "account said no")])
def test_a_refusal_deducts_nothing(balance: str, refusal: str) -> None:
    now = account(balance)
    facts = aggregate.request(now, HUNDRED, refusal)
    assert kinds(facts) == ["WithdrawalRequested", "BalanceChecked", "WithdrawalDeclined"]
    assert after(now, facts).balance == Decimal(balance)
    assert facts[-1].reason == (refusal or "insufficient funds")


def test_the_whole_balance_can_be_withdrawn() -> None:
    assert kinds(aggregate.request(account("100.00"), HUNDRED))[-1] == "MoneyDeducted"


def test_what_is_known_is_not_decided_again() -> None:
    now = after(account(), aggregate.request(account(), HUNDRED))
    assert aggregate.request(now, HUNDRED) == []
    assert aggregate.give_up(now, HUNDRED, "late") == []
    paid = after(now, aggregate.record_payment(now, HUNDRED))
    assert aggregate.record_payment(paid, HUNDRED) == []
    assert aggregate.refund(paid, HUNDRED, "late") == []
    complete = after(paid, aggregate.finish(paid, HUNDRED))
    assert aggregate.finish(complete, HUNDRED) == []


def test_nothing_follows_what_has_not_happened() -> None:
    nothing = account()
    assert aggregate.record_payment(nothing, HUNDRED) == []
    assert aggregate.refund(nothing, HUNDRED, "empty compensation") == []
    assert aggregate.finish(nothing, HUNDRED) == []


def test_a_tombstone_stops_a_late_request() -> None:
    now = account()
    buried = after(now, aggregate.give_up(now, HUNDRED, "max retries exceeded"))
    assert aggregate.request(buried, HUNDRED) == []
    assert buried.last == Kind.WITHDRAWAL_FAILED
    assert buried.balance == Decimal("1000.00")


def test_other_withdrawals_move_the_balance_and_are_not_remembered() -> None:
    mine = account()
    theirs = stored(aggregate.request(account(about=OTHER), HUNDRED), 1)
    now = fold(mine, theirs)
    assert (now.balance, now.known) == (Decimal("900.00"), ())


@pytest.mark.parametrize(
    "fact", [Fact(kind="SomethingElse", version=2), Fact(kind=Kind.MONEY_REFUNDED, amount=HUNDRED, version=3)]
)
def test_a_stream_that_makes_no_sense_is_not_folded(fact: Fact) -> None:
    with pytest.raises(CorruptStream):
        apply(account(), fact)


def test_a_fact_is_stored_with_money_as_text_and_read_as_it_was() -> None:
    fact = Fact(kind=Kind.BALANCE_CHECKED, withdrawal=W, amount=HUNDRED, balance=Decimal("5.5"), version=3, position=9)
    assert fact.data() == {"amount": "100.00", "balance": "5.50"}
    row = {"type": str(fact.kind), "withdrawal_id": W, "version": 3, "position": 9}
    assert Fact.read(row, fact.data()) == fact
