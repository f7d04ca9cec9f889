"""When the coordinator decides, and what it says next: the rules, without a database."""

from decimal import Decimal
from typing import Any

import pytest

from distviz.codes import Reason
from distviz.trace.messages import Message
from protocols.tcc import coordinator, record
from protocols.tcc.messages import LINES, Tried, WithdrawalRequested
from protocols.tcc.record import CANCEL, CONFIRM, Decision, Transaction

REQUEST = WithdrawalRequested(tx_id="c0ffee00-0000-4000-8000-000000000001", user_id="alice", amount=Decimal("100.00"))
NO = Reason("insufficient_funds")
BOTH = ["account", "payment"]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(coordinator, "send", lambda *messages: names.extend(type(one).__name__ for one in messages))
    return names


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[Decision]:
    made: list[Decision] = []
    monkeypatch.setattr(coordinator, "decide", lambda _message, decision: made.append(decision))
    return made


def found(monkeypatch: pytest.MonkeyPatch, *transaction: Any) -> None:
    monkeypatch.setattr(record, "read", lambda _tx: Transaction(*transaction))
    monkeypatch.setattr(record, "keep", lambda _sql, _message, _name: Transaction(*transaction))


def reply(who: str, **how: Any) -> Message:
    made: Message = LINES[who][Tried].of(REQUEST, **how)
    return made


def test_confirm_takes_every_branch(monkeypatch: pytest.MonkeyPatch, decided: list[Decision]) -> None:
    found(monkeypatch, ["payment"], None, BOTH, False)
    coordinator.count(reply("account"))
    assert decided == []
    found(monkeypatch, [], None, BOTH, False)
    coordinator.count(reply("payment"))
    assert decided == [Decision(CONFIRM)]


def test_one_refusal_is_enough_for_cancel(decided: list[Decision]) -> None:
    coordinator.count(reply("account", ends_as="declined", reason=NO))
    assert decided == [Decision(CANCEL, "declined", NO)]


@pytest.mark.parametrize(
    ("transaction", "next_"),
    [
        ((BOTH, None, BOTH, False), ["TryAccount", "TryPayment"]),
        ((["payment"], None, BOTH, False), ["TryPayment"]),
        (([], Decision(CONFIRM), BOTH, False), ["ConfirmAccount", "ConfirmPayment"]),
        (([], Decision(CONFIRM), ["account"], False), ["ConfirmAccount"]),
        (([], Decision(CONFIRM), [], False), ["NotifyCustomer"]),
        ((["account"], Decision(CANCEL, "declined", NO), BOTH, False), ["CancelAccount", "CancelPayment"]),
    ],
)
def test_it_goes_on_where_the_record_is(
    monkeypatch: pytest.MonkeyPatch, sent: list[str], transaction: Any, next_: list[str]
) -> None:
    found(monkeypatch, *transaction)
    assert coordinator.go_on(REQUEST) is None
    assert sent == next_


def test_all_tried_and_nothing_decided_is_decided(monkeypatch: pytest.MonkeyPatch, decided: list[Decision]) -> None:
    """Whoever counted the last answer died before it could decide."""
    found(monkeypatch, [], None, BOTH, False)
    assert coordinator.go_on(REQUEST) is None
    assert decided == [Decision(CONFIRM)]


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        (Decision(CONFIRM), "succeeded"),
        (Decision(CANCEL, "declined", NO), "declined"),
        (Decision(CANCEL, "failed", NO), "failed"),
    ],
)
def test_it_ends_as_it_was_decided(monkeypatch: pytest.MonkeyPatch, decision: Decision, status: str) -> None:
    found(monkeypatch, [], decision, [], True)
    monkeypatch.setattr(coordinator, "close", lambda _message, made: made.ends_as)
    assert coordinator.go_on(REQUEST) == status
