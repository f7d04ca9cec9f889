"""What waits together is published together, and nothing that is wrong with one row is felt by the others."""

import json
import logging
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from distviz.services.places import ACCOUNT, Place
from distviz.trace import lines, sending, statements, together, writing
from protocols.outbox import outbox
from protocols.outbox.messages import MoneyDeducted
from tests.support import run_log

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
            message = MoneyDeducted(tx_id=RUNS[number], user_id="alice", amount=Decimal("100.00"))
            row = {"id": number, "event_type": "MoneyDeducted", "payload": json.dumps(message.to_wire())}
            row |= {"headers": text, "withdrawal": RUNS[number], "attempts": 1, "published": False}
            self.waiting[number] = row | {"batch": "MoneyDeducted"}
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
    monkeypatch.setattr(together, "current_app", Celery(broker="memory://", set_as_current=False))
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
