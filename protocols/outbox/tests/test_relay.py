"""The relay's decisions, without a database: what goes first, what is put back, what is given up."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from kombu.exceptions import OperationalError

from distviz.errors import Transient
from protocols.outbox import dead, publish, relay, table
from protocols.outbox.events import MoneyDeducted, MoneyRefunded, PaymentProcessed
from protocols.outbox.table import Row
from protocols.saga.events import MoneyDeducted as OfAnotherProtocol

RUN = str(uuid4())
MESSAGE = MoneyDeducted(tx_id=RUN, user_id="alice", amount=Decimal("100.00"))
ROW = Row(1, "MoneyDeducted", MESSAGE.to_wire(), RUN, {}, 1, False)


@dataclass
class Box:
    """An outbox that only remembers what was asked of it."""

    back: list[tuple[list[int], str]] = field(default_factory=list)
    buried: list[int] = field(default_factory=list)
    place: Any = relay.ACCOUNT

    def put_back(self, ids: Any, error: str) -> None:
        self.back.append((list(ids), error))

    def bury(self, row: Row, error: str) -> None:
        self.buried.append(row.id)


def published(
    monkeypatch: pytest.MonkeyPatch, rows: list[Row], errors: dict[int, Exception]
) -> tuple[Box, list[int], relay.Tally]:
    box, tally, tried = Box(), relay.Tally(), []

    def fake(_: Any, row: Row) -> None:
        tried.append(row.id)
        if row.id in errors:
            raise errors[row.id]

    monkeypatch.setattr(relay, "publish", fake)
    monkeypatch.setattr(dead, "poison", lambda box, row, error: box.bury(row, error))
    relay._publish_all(box, rows, tally)  # type: ignore[arg-type]
    return box, tried, tally


def test_oldest_first_and_broken_relays_last(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"faults": [[7, relay.AFTER_PUBLISH, "crash", 1, 0]]}
    other = {"faults": [[8, "payment.in_tx", "crash", 1, 0]]}
    rows = [replace(ROW, id=3), replace(ROW, id=1, headers=broken), replace(ROW, id=2, headers=other)]
    _, tried, tally = published(monkeypatch, rows, {})
    assert tried == [2, 3, 1]
    assert (tally.published, tally.failed) == (3, 0)


def test_a_broker_that_does_not_answer_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [replace(ROW, id=number) for number in (1, 2, 3)]
    box, tried, tally = published(monkeypatch, rows, {2: OperationalError("refused")})
    assert tried == [1, 2]
    assert box.back == [([2, 3], "OperationalError: refused")]
    assert (tally.published, tally.failed) == (1, 2)


def test_one_failure_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [replace(ROW, id=number) for number in (1, 2, 3)]
    box, tried, tally = published(monkeypatch, rows, {1: Transient("later"), 2: KeyError("type")})
    assert tried == [1, 2, 3]
    assert box.back == [([1], "Transient: later")]
    assert box.buried == [2]
    assert (tally.published, tally.failed) == (1, 2)


def test_poison_is_tried_a_few_times_before_anybody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box()
    monkeypatch.setattr(dead.DeadLetter.objects, "create", lambda **values: pytest.fail("too early"))
    dead.poison(box, replace(ROW, attempts=settings.RETRY_MAX), "KeyError: 'type'")  # type: ignore[arg-type]
    assert box.back == [([1], "KeyError: 'type'")]
    assert box.buried == []


def test_a_row_holds_the_message_that_it_names() -> None:
    assert publish.read(ROW) == MESSAGE
    strangers: list[dict[str, Any]] = [
        OfAnotherProtocol.of(MESSAGE).to_wire(),
        PaymentProcessed.of(MESSAGE).to_wire(),
        {**MESSAGE.to_wire(), "tx_id": str(uuid4())},
    ]
    for payload in strangers:
        with pytest.raises(ValueError, match="another message's"):
            publish.read(replace(ROW, payload=payload))
    for garbage in ({}, {"garbage": 1}, {**MESSAGE.to_wire(), "amount": "NaN"}, [], None):
        with pytest.raises(Exception):
            publish.read(replace(ROW, payload=garbage))


def test_the_relay_acts_for_the_run_that_wrote_the_row() -> None:
    headers = {"mode": "step", "traceparent": "", "cause": 4, "faults": [[7, relay.AFTER_PUBLISH, "hold", 1, 0]]}
    delivery = publish.delivery_for(table.PAYMENT_OUTBOX, replace(ROW, headers=headers, attempts=3, sent_before=True))
    assert (delivery.run_id, delivery.lane, delivery.service, delivery.mode) == (RUN, "queue", "payment", "step")
    assert (delivery.attempt, delivery.cause, delivery.redriven) == (3, 4, True)
    assert [(fault.at, fault.do) for fault in delivery.faults] == [(relay.AFTER_PUBLISH, "hold")]


def test_a_row_written_past_the_program_is_published_too() -> None:
    delivery = publish.delivery_for(table.ACCOUNT_OUTBOX, ROW)
    assert (delivery.mode, delivery.faults, delivery.cause) == ("run", [], None)
    assert [len(part) for part in delivery.traceparent.split("-")] == [2, 32, 16, 2]


def test_a_row_proves_what_was_committed_with_it() -> None:
    assert publish._proof(MESSAGE) == {"account:ledger/deduct": {"account": "-100.00"}}
    assert publish._proof(MoneyRefunded.of(MESSAGE)) == {"account:ledger/refund": {"account": "100.00"}}
    assert publish._proof(PaymentProcessed.of(MESSAGE)) == {}


def test_a_nudge_may_be_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise OperationalError("refused")

    monkeypatch.setattr(relay.relay_task, "apply_async", refuse)
    relay.nudge(table.ACCOUNT_OUTBOX)
