"""The relay's decisions, without a database: what goes first, what is put back, what is given up."""

import json
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError

from distviz.errors import Transient
from distviz.services.places import ACCOUNT, PAYMENT, Place
from distviz.trace import context, lines, sending, statements, together, writing
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


# --- a batch --------------------------------------------------------------------------------------------------------

RUNS = [str(uuid4()) for _ in range(3)]


@dataclass
class Batch:
    """A relay that claims until nothing waits or `passes` are over, with the run log in memory."""

    recorded: run_log.Recorded
    passes: int = 3
    marked: str = "sent"
    waiting: dict[int, dict[str, Any]] = field(default_factory=dict)
    put_back: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)

    def relays(self, *headers: str) -> "Batch":
        for number, text in enumerate(headers):
            message = replace(MESSAGE, tx_id=RUNS[number])
            row = claimed(number, headers=text, withdrawal=RUNS[number], payload=json.dumps(message.to_wire()))
            self.waiting[number] = row
        outbox.relay(ACCOUNT, by_hand=False)
        return self

    def run(self, place: Place, sql: str, **given: Any) -> list[dict[str, Any]]:
        numbers = [int(number) for number in given.get("ids", "").strip("{}").split(",") if number]
        found: list[dict[str, Any]] = []
        if sql == outbox.CLAIM and self.passes:
            self.passes -= 1
            found = [dict(row) for row in self.waiting.values()]
        elif sql == outbox.MARK:
            found = [{"id": number, "status": self.marked} for number in numbers if self.waiting.pop(number, None)]
        elif sql == outbox.PUT_BACK:
            self.put_back.append(given["ids"])
            for number in numbers:
                self.waiting[number]["attempts"] += 1
        statements.react(place, sql, given, found)
        return found

    def of_run(self, number: int) -> list[dict[str, Any]]:
        return [event for event in self.recorded if event["run"] == RUNS[number]]


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch) -> Batch:
    found = Batch(run_log.in_memory(monkeypatch))
    monkeypatch.setattr(together, "current_app", Celery(broker="memory://"))
    monkeypatch.setattr(
        sending, "publish", lambda handler, body, *_, **__: found.left.append((body["tx_id"], handler.message.__name__))
    )
    monkeypatch.setattr(Place, "run", lambda place, sql, **given: found.run(place, sql, **given))
    return found


def test_a_batch_is_published_and_marked_at_once(batch: Batch) -> None:
    batch.relays("{}", "{}", "{}")
    assert batch.recorded.batches == [["begin", "sent"] * 3, ["commit"] * 3]
    assert batch.left == [(run, "MoneyDeducted") for run in RUNS]


GARBAGE = [{"traceparent": "garbage"}, {"traceparent": 7}, {"cause": "garbage"}, {"cause": 2**40}, {"cause": [1]}]


@pytest.mark.parametrize("headers", GARBAGE, ids=str)
def test_a_row_with_garbage_beside_it_delays_no_other(batch: Batch, headers: dict[str, Any]) -> None:
    batch.passes = 1
    batch.relays("{}", json.dumps(headers), "{}")
    assert batch.recorded.batches[:2] == [["begin", "sent"] * 2, ["commit"] * 2]
    assert not batch.waiting.keys() & {0, 2}


def test_what_failed_together_is_tried_alone(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is that is wrong with one of them: a lock on its run, say."""

    def write_each(stories: Any) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(writing, "write_each", write_each)
    batch.relays("{}", "{}", "{}")
    assert batch.put_back == ["{0,1,2}"]
    assert not batch.waiting
    assert [run for run, _name in batch.left] == RUNS


def test_what_could_not_be_written_does_not_leave_with_the_rollback(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails, batch.passes = [True], 1

    def write_each(stories: Any) -> None:
        if fails and fails.pop():
            raise OperationalError("canceling statement due to lock timeout")
        batch.recorded.write_each(stories)

    monkeypatch.setattr(writing, "write_each", write_each)
    batch.relays("{}", "{}", "{}")
    assert (batch.put_back, batch.left) == (["{0,1,2}"], [])


def test_answers_that_came_before_the_mark_of_a_batch_are_taken_up(batch: Batch) -> None:
    batch.marked = "acknowledged"
    batch.relays("{}", "{}", "{}")
    assert batch.left == [(run, "MoneyDeducted") for run in RUNS] + [(run, "WithdrawalRequested") for run in RUNS]
    for number in range(3):
        begun, sent, done, again = batch.of_run(number)
        assert [event["phase"] for event in (begun, sent, done, again)] == ["begin", "sent", "commit", "sent"]
        assert (again["data"]["redriven"], again["caused_by"]) == (True, done["seq"])


def test_the_lines_of_a_run_in_a_batch_are_its_own(batch: Batch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="distviz")
    logging.getLogger("distviz").addHandler(handler := lines.LineHandler())
    try:
        batch.relays("{}", "{}", "{}")
    finally:
        logging.getLogger("distviz").removeHandler(handler)
    for number in range(3):
        events = batch.of_run(number)
        said = [line for event in events for line in event["lines"]]
        assert {line["span"] for line in said} == {events[0]["span_id"]}
        assert not [line for line in said if "0 rows changed" in line["text"]]


def test_a_nudge_may_be_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise OperationalError("refused")

    monkeypatch.setattr(ticks.relay_task, "apply_async", refuse)
    ticks.nudge(ACCOUNT)
