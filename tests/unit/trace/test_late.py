"""A message that comes after the end of its run is not handled any more, but it is counted."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError

from distviz.services import inbox
from distviz.services.places import ACCOUNT, PAYMENT, Place
from distviz.trace import consume, context, handlers, late, log, registering, writing
from protocols.messages import DomainEvent

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Late(DomainEvent, channel="late-events"):
    """A message for this test."""


MESSAGE = Late(tx_id="0b1f0a52-6a4e-4d0b-9a0e-0d7b7f3a1a01", user_id="alice", amount=Decimal(100))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    monkeypatch.setattr(writing, "write", lambda run, events, **_more: None)
    monkeypatch.setattr(log, "receive", lambda run, who: None)
    monkeypatch.setattr(log, "count_late", lambda run: not found.append(run))  # type: ignore[func-returns-value]
    monkeypatch.setattr(Place, "ask", lambda place, sql, params: found.append((place.name, params["consumer"])))
    monkeypatch.setattr(late, "close_unusable", lambda: None)
    return found


def arrives(place: Place, **note: Any) -> list[Any]:
    handled: list[Any] = []

    def react(message: Any) -> None:
        context.admit()  # as a step does, and whatever is asked of a database
        handled.append(message)

    handler = handlers.Handler(place, Late, react, retries=True)
    consume.consume(handler, (MESSAGE.to_wire(), {"traceparent": TRACE, **note}), {})
    return handled


@pytest.mark.parametrize("place", [ACCOUNT, PAYMENT])
def test_it_is_counted_by_its_run_and_by_the_inbox(counted: list[Any], place: Place) -> None:
    assert arrives(place) == []
    assert counted == [MESSAGE.tx_id, (place.name, f"{MESSAGE.protocol}.{place.name}")]


def test_a_copy_that_is_handled_is_counted_by_its_handler(counted: list[Any]) -> None:
    assert arrives(PAYMENT, on_purpose=True) == [MESSAGE]
    assert counted == [MESSAGE.tx_id]


def test_a_place_without_an_inbox_counts_nothing(counted: list[Any]) -> None:
    inbox.count_late(Place("account", alias="events", queue="account", lane="account"), MESSAGE)
    assert counted == []


def test_an_inbox_that_does_not_answer_delays_no_other(counted: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def down(place: Any, message: Any) -> None:
        raise OperationalError("no database")

    monkeypatch.setattr(registering, "LATE", [down])
    assert arrives(PAYMENT) == []
    assert counted == [MESSAGE.tx_id]
