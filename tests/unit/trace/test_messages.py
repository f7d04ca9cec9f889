import uuid
from decimal import Decimal

import pytest

from distviz.codes import Reason
from distviz.trace.messages import from_wire
from protocols.saga.events import MoneyDeducted, PaymentFailed, PaymentProcessed

TX = str(uuid.UUID(int=7))


def test_there_and_back() -> None:
    event = MoneyDeducted(tx_id=TX, user_id="alice", amount=Decimal("100.00"))
    wire = event.to_wire()
    assert from_wire(wire) == event
    assert wire["amount"] == "100.00"
    assert {"type", "tx_id", "user_id", "amount", "timestamp"} <= wire.keys()


def test_a_copy_has_the_same_id_and_another_message_has_not() -> None:
    event = MoneyDeducted(tx_id=TX, user_id="alice", amount=Decimal("100.00"))
    assert MoneyDeducted.of(event).id == event.id
    assert PaymentProcessed.of(event).id != event.id


@pytest.mark.parametrize(
    "change",
    [{"type": "saga.Nonsense"}, {"tx_id": "1 OR 1"}, {"amount": "NaN"}, {"amount": 100}, {"amount": "-1"}],
)
def test_garbage_from_a_queue_is_refused(change: dict[str, object]) -> None:
    wire = MoneyDeducted(tx_id=TX, user_id="alice", amount=Decimal("100.00")).to_wire()
    with pytest.raises(Exception):
        from_wire({**wire, **change})


def test_a_reason_travels_as_a_code() -> None:
    event = PaymentFailed(tx_id=TX, user_id="alice", amount=Decimal("100.00"), reason=Reason("insufficient_funds"))
    assert event.to_wire()["reason"] == {"code": "insufficient_funds", "params": {}}
    assert from_wire(event.to_wire()) == event


@pytest.mark.parametrize(("old", "read"), [("", None), ("it said no", Reason("text", {"text": "it said no"}))])
def test_a_message_from_before_there_were_codes_is_read(old: str, read: Reason | None) -> None:
    wire = MoneyDeducted(tx_id=TX, user_id="alice", amount=Decimal("100.00")).to_wire()
    assert from_wire({**wire, "reason": old}).reason == read
    del wire["reason"]
    assert from_wire(wire).reason is None
