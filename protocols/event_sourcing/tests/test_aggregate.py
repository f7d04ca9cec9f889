"""The aggregate is pure: facts in, state out; state and a wish in, facts out."""

from decimal import Decimal

import pytest

from distviz.codes import Reason
from distviz.errors import Coded, Declined
from distviz.story.words.sentences import english
from protocols.event_sourcing.aggregate import Account, Fact
from protocols.event_sourcing.messages import WithdrawalRequested

W = "0b1f0a52-6a4e-4d0b-9a0e-0d7b7f3a1a01"
REFUSED = Declined("declined_on_purpose", who="account")
REQUEST = WithdrawalRequested(tx_id=W, user_id="alice", amount=Decimal("100.00"))


def account(balance: str = "1000.00") -> Account:
    opened = Account("account:alice")
    opened.apply(Fact("MoneyDeposited", None, {"amount": balance}, 1))
    return opened


def after(before: Account, *facts: Fact) -> Account:
    """The state once the store has numbered these."""
    for fact in facts:
        before.apply(fact._replace(version=before.version + 1))
    return before


def types(facts: list[Fact]) -> list[str]:
    return [fact.type for fact in facts]


def test_the_balance_is_the_fold() -> None:
    now = after(account(), *account().withdraw(REQUEST))
    assert (now.balance, now.version) == (Decimal("900.00"), 4)


def test_a_snapshot_stands_for_the_events_before_it() -> None:
    """It is read as one deposit at its version; what comes after it has to follow."""
    kept = Account("account:alice")
    kept.apply(Fact("MoneyDeposited", None, {"amount": "250.00"}, 50))
    kept.apply(Fact("MoneyDeducted", W, {"amount": "50.00"}, 51))
    assert (kept.balance, kept.version) == (Decimal("200.00"), 51)
    with pytest.raises(Coded):
        kept.apply(Fact("MoneyDeducted", W, {"amount": "50.00"}, 53))


def test_a_withdrawal_in_the_order_of_the_textbook() -> None:
    requested, checked, deducted = account().withdraw(REQUEST)
    assert types([requested, checked, deducted]) == ["WithdrawalRequested", "BalanceChecked", "MoneyDeducted"]
    assert checked.data == {"amount": "100.00", "balance": "1000.00"}
    assert deducted == Fact("MoneyDeducted", W, {"amount": "100.00"})


def test_a_refund_is_an_opposite_fact() -> None:
    now = after(account(), *account().withdraw(REQUEST))
    why = Reason("card_expired")
    now = after(now, Fact.of(REQUEST, "PaymentFailed", why), Fact.of(REQUEST, "MoneyRefunded"))
    assert (now.balance, now.version) == (Decimal("1000.00"), 6)


@pytest.mark.parametrize(("balance", "no"), [("99.99", Declined("insufficient_funds")), ("1000.00", REFUSED)])
def test_a_refusal_deducts_nothing(balance: str, no: Declined) -> None:
    facts = account(balance).withdraw(REQUEST, no if no is REFUSED else None)
    assert types(facts) == ["WithdrawalRequested", "BalanceChecked", "WithdrawalDeclined"]
    assert after(account(balance), *facts).balance == Decimal(balance)
    assert facts[-1].data == {"amount": "100.00", "reason": english(no.reason), "why": no.reason.as_json()}


def test_the_whole_balance_can_be_withdrawn() -> None:
    assert types(account("100.00").withdraw(REQUEST))[-1] == "MoneyDeducted"


@pytest.mark.parametrize(
    "fact", [Fact("SomethingElse", None, {}, 2), Fact("MoneyRefunded", W, {"amount": "100.00"}, 3)]
)
def test_a_stream_that_makes_no_sense_is_not_folded(fact: Fact) -> None:
    with pytest.raises(Coded) as refused:
        account().apply(fact)
    assert refused.value.reason.code == "corrupt_stream"
