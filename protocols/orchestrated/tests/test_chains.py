"""What the coordinator asks Celery for, and what it does when a task fails. Celery is the real one; only what it
publishes is kept instead of sent."""

from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Task

from distviz.codes import Reason
from distviz.trace import chains, context, ending
from distviz.trace.canvas import Canvas
from distviz.trace.handlers import Failed
from protocols.orchestrated import coordinator, saga_log
from protocols.orchestrated import messages as m
from protocols.orchestrated.saga_log import Saga
from protocols.orchestrated.steps import charge
from tests.support import run_log

REQUEST = m.WithdrawalRequested(tx_id=run_log.delivery().run_id, user_id="alice", amount=Decimal("100.00"))
NO = Reason("insufficient_funds")
TURN_BACK = "orchestrated.coordinator.turn_back"


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> run_log.Recorded:
    return run_log.in_memory(monkeypatch)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, recorded: run_log.Recorded) -> list[SimpleNamespace]:
    found: list[SimpleNamespace] = []

    def apply_async(task: Any, args: Any = None, kwargs: Any = None, **options: Any) -> None:
        canvas = Canvas.of(options)
        links = [link["task"].rpartition(".")[2] for link in reversed(canvas.links)]
        found.append(
            SimpleNamespace(
                task=task.name, wire=args[0], links=links, errbacks=[one["task"] for one in canvas.errbacks]
            )
        )

    monkeypatch.setattr(Task, "apply_async", apply_async)
    monkeypatch.setattr(ending, "conclude", lambda *_: None)
    return found


@pytest.fixture
def stands(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def as_it_is(
        *, done: str = "", undone: str = "", back: bool = False, given_back: bool = False, no: Reason = NO
    ) -> None:
        saga = Saga(done.split(), undone.split(), back, no, given_back)
        monkeypatch.setattr(saga_log, "read", lambda _tx: saga)

    return as_it_is


def go_on(*faults: str) -> Any:
    with context.handling(run_log.delivery("api", faults, protocol="orchestrated")):
        return coordinator.go_on(REQUEST)


@pytest.mark.parametrize(
    ("stand", "first", "links", "fails"),
    [
        ({}, "DeductMoney", ["deducted", "charge", "charged"], True),
        ({"done": "deduct"}, "ProcessPayment", ["charged"], True),
        ({"done": "deduct charge"}, "NotifyCustomer", ["complete"], False),
        (
            {"done": "deduct", "back": True},
            "CancelPayment",
            ["cancelled", "refund", "refunded", "notify", "complete"],
            False,
        ),
        ({"back": True}, "RefundMoney", ["refunded", "notify", "complete"], False),
        (
            {"back": True, "no": Reason("retries_used_up")},
            "CancelPayment",
            ["cancelled", "refund", "refunded", "notify", "complete"],
            False,
        ),
        (  # a copy of the order took it after the other one was declined
            {"undone": "deduct", "back": True, "given_back": True},
            "CancelPayment",
            ["cancelled", "refund", "refunded", "notify", "complete"],
            False,
        ),
        ({"undone": "charge", "back": True}, "RefundMoney", ["refunded", "notify", "complete"], False),
        ({"undone": "charge deduct", "back": True, "given_back": True}, "NotifyCustomer", ["complete"], False),
    ],
)
def test_a_chain_begins_where_the_log_is(
    published: list[SimpleNamespace],
    stands: Callable[..., None],
    stand: dict[str, Any],
    first: str,
    links: list[str],
    fails: bool,
) -> None:
    stands(**stand)
    assert go_on() is None
    (one,) = published
    assert (one.wire["type"], one.links) == (f"orchestrated.{first}", links)
    assert one.errbacks == ([TURN_BACK] if fails else [])


def test_the_news_of_a_refund_say_why(published: list[SimpleNamespace], stands: Callable[..., None]) -> None:
    stands(undone="charge deduct", back=True, given_back=True)
    go_on()
    assert published[0].wire["reason"] == NO.as_json()


def fail(faults: str = "") -> None:
    """What Celery does when a task has raised: it calls the errbacks, which takes a group of them."""
    delivery = run_log.delivery("payment", [faults] if faults else [], protocol="orchestrated", who=charge.name)
    with pytest.raises(chains.LinkFailed):
        chains.fail("the task", Failed(m.ProcessPayment.of(REQUEST), NO), delivery)
    errback = dict(coordinator.turn_back.s())
    request = SimpleNamespace(
        id="the task", root_id=None, errbacks=[errback], chain=None, chord=None, delivery_info={"is_eager": False}
    )
    charge.task.backend.mark_as_failure("the task", ValueError(), request=request, store_result=False)


def test_a_task_that_fails_calls_its_link_error(recorded: run_log.Recorded, published: list[SimpleNamespace]) -> None:
    fail()
    (one,) = published
    assert (one.task, one.wire["type"]) == (TURN_BACK, "orchestrated.StepFailed")
    assert one.wire["reason"] == NO.as_json()
    assert recorded.brief() == [("message", "sent", "StepFailed")]
    assert not chains._failed


def test_that_call_can_be_lost(recorded: run_log.Recorded, published: list[SimpleNamespace]) -> None:
    fail("message.StepFailed:drop")
    assert published == []
    assert recorded.brief()[-1] == ("message", "lost", "StepFailed")


def test_a_failure_that_is_not_known_here_is_left_to_the_sweep(published: list[SimpleNamespace]) -> None:
    """Celery tells it in another process: that of the task is gone."""
    coordinator.turn_back.s().apply_async(("another task",))
    assert published == []
