"""The dual write's chain is Celery's own; what Celery hands from link to link passes the lab as a message."""

from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Task
from celery.exceptions import Ignore
from kombu.exceptions import OperationalError

from distviz.trace import bus, context, ending
from distviz.trace.chains import Passed
from distviz.trace.sending import send
from protocols.dual_write.events import MoneyDeducted, WithdrawalRequested
from protocols.dual_write.withdraw import charge, deduct, notify
from tests.support import run_log

REQUEST = WithdrawalRequested(tx_id=run_log.delivery().run_id, user_id="alice", amount=Decimal("100.00"))
NEXT = ["dual_write.payment.charge", "dual_write.notification.notify"]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> run_log.Recorded:
    return run_log.in_memory(monkeypatch)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[SimpleNamespace]:
    """What Celery was asked to publish."""
    found: list[SimpleNamespace] = []

    def apply_async(task: Any, args: Any = None, kwargs: Any = None, chain: Any = None, **options: Any) -> None:
        links = [link["task"] for link in reversed(chain or [])]
        found.append(SimpleNamespace(task=task.name, args=args, links=links, **options))

    monkeypatch.setattr(Task, "apply_async", apply_async)
    return found


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch, recorded: run_log.Recorded) -> list[int]:
    """How many events had been told when a delivery was dealt with."""
    when: list[int] = []
    monkeypatch.setattr(ending, "conclude", lambda _delivery, _outcome: when.append(len(recorded)))
    return when


def begin(*faults: str) -> None:
    with context.handling(run_log.delivery("api", faults, protocol="dual_write")):
        send(REQUEST)


def hand_on(*faults: str) -> None:
    """What Celery does when `deduct` has returned: it publishes the next link with the returned value."""
    delivery = run_log.delivery("account", faults, protocol="dual_write", who=deduct.name)
    charge.s().apply_async((Passed(MoneyDeducted.of(REQUEST), delivery),), chain=[notify.s()])


def test_the_request_starts_a_chain(recorded: run_log.Recorded, published: list[SimpleNamespace]) -> None:
    begin()
    (first,) = published
    assert (first.task, first.links, first.queue) == ("dual_write.account.deduct", NEXT, "account.plain")
    wire, note = first.args
    assert wire["type"] == "dual_write.WithdrawalRequested"
    assert note["cause"] == recorded[0]["seq"]
    assert recorded.brief() == [("message", "sent", "WithdrawalRequested")]


def test_what_a_link_returns_is_seen_as_a_message(
    recorded: run_log.Recorded, published: list[SimpleNamespace], closed: list[int]
) -> None:
    hand_on()
    (second,) = published
    assert (second.task, second.links, second.queue) == (NEXT[0], NEXT[1:], "payment.plain")
    assert recorded.brief() == [("message", "sent", "MoneyDeducted")]
    assert (recorded[0]["lane"], recorded[0]["to"], recorded[0]["opens"]) == ("account", "payment", 1)
    assert closed == [1]  # not before the next message is in flight: the run would be over


def test_a_hand_over_can_be_lost(
    recorded: run_log.Recorded, published: list[SimpleNamespace], closed: list[int]
) -> None:
    hand_on("message.MoneyDeducted:drop")
    assert published == []
    assert recorded.brief()[-1] == ("message", "lost", "MoneyDeducted")
    assert closed == [2]


def test_a_hand_over_can_be_doubled(
    recorded: run_log.Recorded, published: list[SimpleNamespace], closed: list[int]
) -> None:
    hand_on("message.MoneyDeducted:duplicate")
    assert [one.links for one in published] == [NEXT[1:]] * 2
    assert recorded[-1]["opens"] == 2


def test_a_broker_that_is_down_is_a_hand_over_that_never_was(
    recorded: run_log.Recorded, closed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_options: Any) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(Task, "apply_async", refuse)
    hand_on()
    assert recorded.brief() == [
        ("message", "sent", "MoneyDeducted"),
        ("message", "lost", "MoneyDeducted"),
        ("retry", "failed", "deduct"),
    ]
    assert closed == [3]


@pytest.fixture
def link(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], Any]:
    """Run the task of `deduct` as a link whose handling gives this."""

    def run(given: object) -> Any:
        monkeypatch.setattr(bus, "consume", lambda *_: given)
        task = deduct.task
        task.push_request(chain=[notify.s(), charge.s()], headers={})
        try:
            return task.run({}, {})
        finally:
            task.pop_request()

    return run


def test_a_link_that_passes_nothing_on_ends_the_chain(link: Callable[[object], Any]) -> None:
    with pytest.raises(Ignore):
        link(None)


def test_a_link_passes_on_its_message_and_its_run(link: Callable[[object], Any]) -> None:
    message, delivery = MoneyDeducted.of(REQUEST), run_log.delivery()
    assert link((message, delivery)) == Passed(message, delivery)
