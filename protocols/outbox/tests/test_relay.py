"""The relay's decisions, without a database: what goes first, what is put back, what is given up."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from kombu.exceptions import OperationalError

from distviz.errors import Transient
from distviz.services.places import ACCOUNT, PAYMENT, Place
from distviz.trace import context, statements
from distviz.trace.messages import Message
from protocols.messages import read
from protocols.outbox import outbox, points
from protocols.outbox.messages import MoneyDeducted, MoneyRefunded, PaymentProcessed, WithdrawalRequested
from protocols.outbox.outbox import ClaimedRow
from protocols.outbox.recovery import dead, ticks, unanswered
from protocols.saga.events import MoneyDeducted as OfAnotherProtocol
from tests.support import run_log

RUN = str(uuid4())
MESSAGE = MoneyDeducted(tx_id=RUN, user_id="alice", amount=Decimal("100.00"))
ROW = ClaimedRow(ACCOUNT, 1, "MoneyDeducted", json.dumps(MESSAGE.to_wire()), "{}", RUN, 1, False, "MoneyDeducted")


def claimed(number: int, **columns: Any) -> dict[str, Any]:
    """A row as the claim returns it."""
    row = {"id": number, "event_type": "MoneyDeducted", "payload": ROW.payload, "headers": "{}", "withdrawal": RUN}
    return {**row, "attempts": 1, "published": False, "batch": "MoneyDeducted", **columns}


@dataclass
class Pass:
    """One pass of a relay, and what it did."""

    tried: list[int] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)
    put_back: list[tuple[str, str]] = field(default_factory=list)
    marked_dead: list[int] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Pass]:
    def one(rows: list[dict[str, Any]], errors: dict[int, Exception], marked: str = "sent") -> Pass:
        seen, claims = Pass(), iter([rows, []])

        def run(place: Place, sql: str, **given: Any) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            if sql == outbox.MARK:
                found = [{"id": int(number), "status": marked} for number in given["ids"].strip("{}").split(",")]
            elif sql == outbox.CLAIM:
                found = next(claims)
            elif sql == outbox.PUT_BACK:
                seen.put_back.append((given["ids"], given["error"]))
            statements.react(place, sql, given, found)
            return found

        def send(message: Message) -> None:
            row = context.current().of  # type: ignore[union-attr]
            assert isinstance(row, ClaimedRow)
            seen.tried.append(row.id)
            if row.id in errors:
                raise errors[row.id]
            seen.sent.append(message)

        monkeypatch.setattr(Place, "run", run)
        monkeypatch.setattr(outbox, "send", send)
        monkeypatch.setattr(unanswered, "send", lambda message: seen.sent.append(message))
        monkeypatch.setattr(dead, "mark_dead", lambda row, error: seen.marked_dead.append(row.id))
        run_log.heard(monkeypatch, lambda run, one: None)
        with ticks.counting() as seen.done:
            outbox.relay(ACCOUNT, by_hand=False)
        return seen

    return one


def test_oldest_first_and_broken_relays_last(passes: Callable[..., Pass]) -> None:
    broken = json.dumps({"faults": [[7, points.AFTER_PUBLISH, "crash", 1, 0]]})
    other = json.dumps({"faults": [[8, "payment.in_tx", "crash", 1, 0]]})
    seen = passes([claimed(1, headers=broken), claimed(2, headers=other), claimed(3)], {})
    assert seen.tried == [2, 3, 1]
    assert seen.done == {"published": 3}


def test_a_broker_that_does_not_answer_is_asked_once(passes: Callable[..., Pass]) -> None:
    seen = passes([claimed(number) for number in (1, 2, 3)], {2: OperationalError("refused")})
    assert seen.tried == [1, 2]
    assert seen.put_back == [("{2,3}", "OperationalError: refused")]
    assert seen.done == {"published": 1, "failed": 2}


def test_one_failure_stops_no_other(passes: Callable[..., Pass]) -> None:
    seen = passes([claimed(number) for number in (1, 2, 3)], {1: Transient("later"), 2: KeyError("type")})
    assert seen.tried == [1, 2, 3]
    assert seen.put_back == [("{1}", "Transient: later"), ("{2}", "KeyError: 'type'")]
    assert seen.marked_dead == []
    assert seen.done == {"published": 1, "failed": 2}


def test_poison_is_tried_a_few_times_before_anybody_is_asked(passes: Callable[..., Pass]) -> None:
    last = settings.RETRY_MAX + 1
    rows = [claimed(1, attempts=last - 1), claimed(2, attempts=last), claimed(3, attempts=last, headers="garbage")]
    errors = {1: KeyError("type"), 2: KeyError("type")}
    assert passes(rows, errors).marked_dead == [2, 3]
    assert passes([claimed(4, attempts=99)], {4: Transient("later")}).marked_dead == []


def test_an_answer_that_came_before_the_mark_is_taken_up(passes: Callable[..., Pass]) -> None:
    """Nobody else would go on: whoever got the answer saw a row that was not sent yet."""
    request = WithdrawalRequested.of(MESSAGE)
    assert [type(message) for message in passes([claimed(1)], {}, "acknowledged").sent] == [
        MoneyDeducted,
        type(request),
    ]
    assert len(passes([claimed(1)], {}, "sent").sent) == 1


def test_a_row_holds_the_message_that_it_names() -> None:
    assert points.message_of(ROW) == MESSAGE
    strangers: list[dict[str, Any]] = [
        OfAnotherProtocol.of(MESSAGE).to_wire(),
        PaymentProcessed.of(MESSAGE).to_wire(),
        {**MESSAGE.to_wire(), "tx_id": str(uuid4())},
    ]
    for payload in strangers:
        with pytest.raises(ValueError, match="another message's"):
            read(json.dumps(payload), "outbox.MoneyDeducted", RUN)
    for garbage in ({}, {"garbage": 1}, {**MESSAGE.to_wire(), "amount": "NaN"}, [], None):
        with pytest.raises(Exception):
            read(json.dumps(garbage), "outbox.MoneyDeducted", RUN)


def test_the_relay_acts_for_the_run_that_wrote_the_row() -> None:
    faults = [[7, points.AFTER_PUBLISH, "hold", 1, 0]]
    headers = json.dumps({"mode": "step", "traceparent": "", "cause": 4, "faults": faults})
    delivery = points.delivery_for(replace(ROW, place=PAYMENT, headers=headers, attempts=3, published=True))
    assert (delivery.run_id, delivery.lane, delivery.service, delivery.mode) == (RUN, "queue", "payment", "step")
    assert (delivery.attempt, delivery.cause, delivery.redriven) == (3, 4, True)
    assert [(fault.at, fault.do) for fault in delivery.faults] == [(points.AFTER_PUBLISH, "hold")]


@pytest.mark.parametrize("headers", ["{}", "[]", "null", '"nothing"'])
def test_a_row_written_past_the_program_is_published_too(headers: str) -> None:
    delivery = points.delivery_for(replace(ROW, headers=headers))
    assert (delivery.mode, delivery.faults, delivery.cause) == ("run", [], None)
    assert [len(part) for part in delivery.traceparent.split("-")] == [2, 32, 16, 2]


def test_a_row_proves_what_was_committed_with_it() -> None:
    assert points.proof(MESSAGE) == {"account:ledger/deduct": {"account": "-100.00"}}
    assert points.proof(MoneyRefunded.of(MESSAGE)) == {"account:ledger/refund": {"account": "100.00"}}
    assert points.proof(PaymentProcessed.of(MESSAGE)) == {}


def test_a_nudge_may_be_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise OperationalError("refused")

    monkeypatch.setattr(ticks.relay_task, "apply_async", refuse)
    ticks.nudge(ACCOUNT)
