"""Fault points before and after a message leaves; what is asked again goes to who reacts to that."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from celery import Task

from distviz.codes import Reason
from distviz.errors import Transient
from distviz.services.places import PAYMENT
from distviz.trace import context, points, sending
from distviz.trace.handlers import Handler
from distviz.trace.points import after_sending, before_sending
from protocols.saga.events import MoneyDeducted
from tests.support import run_log

EVENT = MoneyDeducted(tx_id=run_log.delivery().run_id, user_id="alice", amount=Decimal("100.00"))


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> run_log.Recorded:
    monkeypatch.setattr(points, "_BEFORE", {})
    monkeypatch.setattr(points, "_AFTER", {})
    monkeypatch.setattr(points.faults, "POINTS", dict(points.faults.POINTS))
    monkeypatch.setattr(sending, "publish", lambda *_args, **_more: None)
    return run_log.in_memory(monkeypatch)


@contextmanager
def broken(*faults: str) -> Iterator[None]:
    with context.handling(run_log.delivery("account", faults)), pytest.raises(Transient):
        yield


def test_a_point_just_before_a_message_leaves(recorded: run_log.Recorded) -> None:
    before_sending(MoneyDeducted, "coordinator.before_deducted")
    with broken("coordinator.before_deducted:error"):
        sending.send(EVENT)
    assert recorded.brief() == [("fault", "fired", "error")]


def test_a_point_just_after_a_message_has_left(recorded: run_log.Recorded) -> None:
    after_sending(MoneyDeducted, "coordinator.after_deducted")
    with broken("coordinator.after_deducted:error"):
        sending.send(EVENT)
    assert recorded.brief() == [("message", "sent", "MoneyDeducted"), ("fault", "fired", "error")]
    assert points.faults.POINTS["coordinator.after_deducted"] == points.faults.AFTER_ACTIONS


def test_what_recovery_sends_says_so(recorded: run_log.Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[dict[str, Any]] = []
    monkeypatch.undo()
    run_log.in_memory(monkeypatch)
    monkeypatch.setattr(Task, "apply_async", lambda _task, args, *_more, **_options: notes.append(args[1]))
    for redriven in (False, True):
        with context.handling(run_log.delivery("account", redriven=redriven)):
            sending.send(EVENT)
    assert ["again" in note for note in notes] == [False, True]


def test_asked_again_takes_the_place_of_the_handler() -> None:
    called: list[str] = []
    handler = Handler(PAYMENT, MoneyDeducted, lambda _event: called.append("first"), retries=True)
    handler.take(EVENT, again=True)  # nobody reacts to that: it is done again
    handler.asked_again(lambda _event: called.append("again"))
    handler.take(EVENT, again=False)
    handler.take(EVENT, again=True)
    assert called == ["first", "first", "again"]


def test_an_event_takes_along_what_the_process_has_said(recorded: run_log.Recorded) -> None:
    delivery = run_log.delivery()
    delivery.lines.append({"text": "said"})
    seq = delivery.tell("retry", "scheduled", "charge", error=Reason("lock_timeout", {"why": "…"}), wait_ms=50)
    assert seq == 1
    assert recorded[0]["lines"] == [{"text": "said"}]
    assert recorded[0]["error"] == "lock timeout: …"
    assert recorded[0]["data"] == {"wait_ms": 50, "reason": {"code": "lock_timeout", "params": {"why": "…"}}}
    delivery.tell("retry", "failed", "charge")
    assert recorded[1]["lines"] == []
