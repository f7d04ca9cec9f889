"""The operator's desk of the outbox: what it asks for, how its pages are cut, what its buttons may be asked."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from distviz.errors import BadRequest, NotNow
from distviz.services.places import ACCOUNT, PAYMENT, Place
from distviz.trace import consume, context, handlers, late, log, registering, writing
from protocols.outbox import outbox
from protocols.outbox.desk import both_sides, by_hand, desk
from protocols.outbox.desk.pages import Selection, newest
from protocols.outbox.messages import MoneyDeducted
from protocols.outbox.recovery import stopped, ticks, unanswered

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)
RUN = str(uuid4())
TRACE = f"00-{1:032x}-{1:016x}-01"
MESSAGE = MoneyDeducted(tx_id=RUN, user_id="alice", amount=Decimal("100.00"))


def rows(store: str, *numbers: int) -> list[dict[str, Any]]:
    """Row n was written n seconds after the beginning."""
    return [
        {"store": store, "id": n, "created_at": BEGAN + timedelta(seconds=n)} for n in sorted(numbers, reverse=True)
    ]


def names(page: list[dict[str, Any]]) -> list[str]:
    return [f"{row['store']}-{row['id']}" for row in page]


def walk(tables: dict[str, list[dict[str, Any]]], size: int) -> list[list[str]]:
    """All pages, each asked for by where the one before says that it begins."""
    pages: list[list[str]] = []
    before: dict[str, int] = {}
    while len(pages) < 50:
        found = {
            store: [row for row in kept if row["id"] < before.get(store, 10**9)][: size + 1]
            for store, kept in tables.items()
        }
        page, older = newest(found, before, size)
        pages.append(names(page))
        if not older:
            return pages
        before = dict(Selection.of({"before": older}).before)
    raise AssertionError("it never ends")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 30])
@pytest.mark.parametrize(
    ("account", "payment"),
    [((1, 3, 5, 7, 9), (2, 4, 6)), ((), (1, 2, 3)), ((1, 2, 3), (20, 21, 22, 23)), ((20, 21, 22, 23), (1,)), ((), ())],
)
def test_every_row_is_on_exactly_one_page_newest_first(size: int, account: tuple, payment: tuple) -> None:
    tables = {"account": rows("account", *account), "payment": rows("payment", *payment)}
    pages = walk(tables, size)
    shown = [name for page in pages for name in page]
    written = sorted(tables["account"] + tables["payment"], key=lambda row: row["created_at"], reverse=True)
    assert shown == names(written)
    assert all(len(page) == size for page in pages[:-1])


def test_a_filter_that_makes_no_sense_is_named() -> None:
    for field, value in (("state", "lost"), ("run", "7"), ("account", "x" * 41), ("before", "account-x")):
        with pytest.raises(BadRequest) as refused:
            Selection.of({field: value})
        assert refused.value.field == field
    assert Selection.of({"run": RUN.upper()}).run == RUN


@pytest.mark.parametrize(
    "row", ["", "account", "account-", "account--1", "account-x", "nobody-1", "account-" + "9" * 30]
)
def test_a_row_is_named_as_the_page_does(row: str) -> None:
    for act in (desk.requeue, desk.redeliver):
        with pytest.raises(BadRequest):
            act({"row": row, "attempts": "1"})


def test_who_listens_is_read_off_the_routes() -> None:
    assert both_sides.consumers("MoneyDeducted") == ["payment"]
    assert sorted(both_sides.consumers("PaymentProcessed")) == ["account", "notification"]
    assert both_sides.consumers("MoneyRefunded") == ["notification"]
    assert both_sides.consumers("Nonsense") == []


def test_both_sides_of_a_row() -> None:
    row = {"store": "account", "run": RUN, "message": MESSAGE.id, "event_type": "MoneyDeducted"}
    nothing = both_sides.ServiceRecords({}, {}, {}, {})
    assert both_sides.sides(row, nothing) == both_sides.Sides(None, None, [both_sides.Receipt("payment")])
    paid = {"id": 3, "status": "COMPLETED", "amount": Decimal("100.00"), "reason": ""}
    received = {"id": 8, "at": BEGAN, "duplicates": 2}
    known = both_sides.ServiceRecords(
        {("payment", MESSAGE.id): received}, {(RUN, "deduct"): Decimal("-100")}, {RUN: paid}, {}
    )
    found = both_sides.sides(row, known)
    assert (found.payment, found.entry) == (None, Decimal("-100"))
    assert found.receipts == [both_sides.Receipt("payment", "8", BEGAN, 2, paid)]


# --- the switch -------------------------------------------------------------------------------------------------------


@pytest.fixture
def halted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A relay that is stopped, and what it does all the same."""
    did: dict[str, Any] = {"published": [], "left": [], "events": []}
    answers: dict[str, list[dict[str, Any]]] = {
        stopped.PASSES: [{"stopped": True}],
        stopped.OPEN: [{"withdrawal": RUN}],
        stopped.WAITING: [{"id": 7, "event_type": "MoneyDeducted", "withdrawal": RUN}],
    }
    monkeypatch.setattr(Place, "ask", lambda place, sql, params=None: answers[sql])
    monkeypatch.setattr(stopped.quiet, "leave_to_us", did["left"].extend)
    monkeypatch.setattr(stopped.quiet, "of", lambda protocol, min_age: [RUN])
    monkeypatch.setattr(outbox, "relay", lambda place, **given: did["published"].append(given))
    monkeypatch.setattr(unanswered, "send_again", lambda place, min_age: None)

    def write(run: str, events: Any, **_more: Any) -> None:
        did["events"].extend((run, one.event.kind, one.event.phase) for one in events)

    monkeypatch.setattr(writing, "write", write)
    return did


def test_a_stopped_relay_publishes_nothing_and_says_so(halted: dict[str, Any]) -> None:
    assert ticks.tick(ACCOUNT, 1) == {"published": 0, "again": 0, "failed": 0}
    assert halted == {"published": [], "left": [RUN], "events": [(RUN, "relay", "stopped")]}


def test_an_operator_may_publish_while_the_relay_is_stopped(halted: dict[str, Any]) -> None:
    ticks.tick(ACCOUNT, 1, by_hand=True)
    assert halted == {"published": [{"by_hand": True}], "left": [], "events": []}


# --- once more, on purpose --------------------------------------------------------------------------------------------


@pytest.fixture
def row(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Row 7 of an outbox, which has had one attempt."""
    headers = json.dumps({"mode": "step", "faults": [[1, "x", "crash", 1, 0]]})
    found = {"id": 7, "event_type": "MoneyDeducted", "payload": json.dumps(MESSAGE.to_wire()), "headers": headers}
    found |= {"withdrawal": RUN, "attempts": 2, "published": True}

    def ask(place: Place, sql: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        assert sql == by_hand.AGAIN
        return [found] if params == {"id": 7, "attempts": 1} else []

    monkeypatch.setattr(Place, "ask", ask)
    return found


def test_a_copy_goes_out_as_it_is_whatever_its_run_was_to_suffer(
    row: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(by_hand, "send", lambda message: sent.append((message, context.current())))
    assert by_hand.redeliver(ACCOUNT, 7, 1) == RUN
    message, delivery = sent[0]
    assert message == MESSAGE
    assert (delivery.mode, delivery.faults, delivery.on_purpose) == ("run", [], True)
    with pytest.raises(NotNow):
        by_hand.redeliver(ACCOUNT, 7, 2)
    assert len(sent) == 1


def test_a_row_that_holds_no_message_is_not_sent(row: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    row["payload"] = '{"garbage": 1}'
    monkeypatch.setattr(by_hand, "send", lambda message: pytest.fail("sent"))
    with pytest.raises(NotNow) as refused:
        by_hand.redeliver(ACCOUNT, 7, 1)
    assert refused.value.reason.code == "outbox_row_no_message"


def heard(monkeypatch: pytest.MonkeyPatch, react: Callable[[Any], Any], **note: Any) -> None:
    """A message of a run that is over reaches its consumer."""
    monkeypatch.setattr(writing, "write", lambda run, events, **_more: None)
    monkeypatch.setattr(log, "receive", lambda run, who: None)
    monkeypatch.setattr(log, "count_late", lambda run: True)
    monkeypatch.setattr(registering, "LATE", [])
    monkeypatch.setattr(late, "close_unusable", lambda: None)
    handler = handlers.Handler(PAYMENT, MoneyDeducted, react, retries=True)
    consume.consume(handler, (MESSAGE.to_wire(), {"traceparent": TRACE, **note}), {})


def test_only_a_copy_on_purpose_is_heard_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    reacted: list[Any] = []

    def react(message: Any) -> None:
        context.admit()  # as a step does, and whatever is asked of a database
        reacted.append(message)

    heard(monkeypatch, react)
    assert reacted == []
    heard(monkeypatch, reacted.append, on_purpose=True)
    assert reacted == [MESSAGE]


def test_a_copy_that_fails_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(message: Any) -> None:
        raise RuntimeError("no database")

    heard(monkeypatch, fail, on_purpose=True)
    assert context.current() is None
