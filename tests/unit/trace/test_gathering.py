"""Events wait for those that happen right after them, and are written before anything follows from them elsewhere."""

from decimal import Decimal
from typing import Any

import pytest
from kombu.exceptions import OperationalError

from distviz.services import places
from distviz.services.places import PAYMENT
from distviz.trace import context, ending, log, sending, writing
from distviz.trace.gathering import NotAdmitted
from distviz.trace.log_events import Completion, FirstDelivery
from distviz.trace.sending import send
from distviz.trace.steps import afterwards, step
from protocols.saga.events import MoneyDeducted, PaymentProcessed
from tests.support import run_log

EVENT = MoneyDeducted(tx_id=run_log.delivery().run_id, user_id="alice", amount=Decimal("100.00"))


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> run_log.Recorded:
    return run_log.in_memory(monkeypatch)


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch, recorded: run_log.Recorded) -> list[tuple[str, int]]:
    """Each message that was published, and how many events had been written by then."""
    found: list[tuple[str, int]] = []

    def publish(handler: Any, body: Any, delivery: Any, *, cause: int, **_more: Any) -> None:
        assert recorded[cause - 1]["phase"] == "sent"
        found.append((body["type"], len(recorded)))

    monkeypatch.setattr(sending, "publish", publish)
    return found


def taken(**more: Any) -> context.Delivery:
    """A delivery that was received and is not counted yet."""
    given: dict[str, Any] = {
        "gathers": True,
        "admitted": False,
        "first": FirstDelivery(who="saga.payment.charge", mid="m"),
    }
    delivery = run_log.delivery(who="saga.payment.charge", **given | more)
    delivery.cause = delivery.gather("message", "received", "MoneyDeducted", cause=3)
    return delivery


def test_a_hop_is_two_statements(recorded: run_log.Recorded, left: list[tuple[str, int]]) -> None:
    delivery = taken()
    with context.handling(delivery):
        with step("charge"):
            assert recorded.batches == [["received", "begin"]]
        send(PaymentProcessed.of(EVENT))
        assert left == []
        ending.conclude(delivery, None)
    assert recorded.batches == [["received", "begin"], ["commit", "sent", "completed"]]
    assert left == [("saga.PaymentProcessed", 4)]
    assert [event["caused_by"] for event in recorded] == [3, 1, 2, 3]


def test_without_gathering_each_event_is_a_statement(recorded: run_log.Recorded, left: list[tuple[str, int]]) -> None:
    delivery = taken(gathers=False)
    with context.handling(delivery), step("charge"):
        pass
    with context.handling(delivery):
        send(PaymentProcessed.of(EVENT))
    assert recorded.batches == [["received"], ["begin"], ["commit"], ["sent"]]
    assert left == [("saga.PaymentProcessed", 4)]


def test_a_failure_comes_after_what_was_before_it(recorded: run_log.Recorded, left: list[tuple[str, int]]) -> None:
    delivery = taken()
    with context.handling(delivery):
        with step("charge"):
            pass
        send(PaymentProcessed.of(EVENT))
        delivery.tell("retry", "scheduled")
    assert recorded.batches[-1] == ["commit", "sent", "scheduled"]
    assert left == [("saga.PaymentProcessed", 5)]


def test_what_another_process_may_see_at_once_is_told_before(recorded: run_log.Recorded) -> None:
    seen: list[int] = []
    with context.handling(taken()), step("deduct"):
        afterwards(lambda: seen.append(len(recorded.batches)))
    assert seen == [2]


def test_a_message_that_cannot_leave_is_lost_and_its_cause_not_dealt_with(
    recorded: run_log.Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_more: Any) -> None:
        raise OperationalError("no broker")

    reopened: list[Any] = []
    monkeypatch.setattr(sending, "publish", refuse)
    monkeypatch.setattr(log, "reopen", lambda *what: reopened.append(what))
    delivery = taken()
    delivery.flush()
    with context.handling(delivery):
        send(PaymentProcessed.of(EVENT))
        send(PaymentProcessed.of(EVENT))
        with pytest.raises(OperationalError):
            ending.conclude(delivery, None)
    assert recorded.batches[1:] == [["sent", "sent", "completed"], ["lost"], ["lost"]]
    assert sum(event["opens"] for event in recorded) == 0
    assert reopened == [(delivery.run_id, "saga.payment.charge", 2)]
    delivery.flush()
    assert len(recorded) == 5


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is over, or the message was given to this handler before."""
    monkeypatch.setattr(writing, "write", lambda *_args, **_more: None)


@pytest.mark.usefixtures("refused")
def test_nothing_is_begun_for_a_delivery_that_is_not_counted() -> None:
    with context.handling(taken()), pytest.raises(NotAdmitted), step("charge"):
        pytest.fail("it began")


@pytest.mark.usefixtures("refused")
def test_nor_is_anything_asked_of_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "connections", {})
    for act in (lambda: PAYMENT.ask("SELECT 1"), lambda: PAYMENT.verb("BEGIN"), lambda: PAYMENT.atomic().__enter__()):
        with context.handling(taken()), pytest.raises(NotAdmitted):
            act()


def test_what_a_handler_without_a_step_does_is_counted_as_well(recorded: run_log.Recorded) -> None:
    delivery = taken()
    delivery.complete(Completion(who=delivery.who), 1)
    assert recorded.batches == [["received"], ["completed"]]


def test_lines_of_the_process_go_with_the_last_event(recorded: run_log.Recorded) -> None:
    delivery = taken()
    delivery.lines.append({"text": "said"})
    delivery.flush()
    assert recorded[0]["lines"] == [{"text": "said"}]
    assert delivery.lines == []
