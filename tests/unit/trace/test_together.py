"""A step of several runs at once is in the log of each as if it had been alone, and is written in few statements."""

from decimal import Decimal
from typing import Any

import pytest
from celery import Celery
from kombu import Connection
from kombu.exceptions import OperationalError

from distviz.trace import context, sending, steps, together
from distviz.trace.sending import send
from distviz.trace.together import Together
from protocols.saga.events import MoneyDeducted
from tests.support import run_log

RUNS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(3)]
EVENTS = [MoneyDeducted(tx_id=run, user_id="alice", amount=Decimal("100.00")) for run in RUNS]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> run_log.Recorded:
    monkeypatch.setattr(together, "current_app", Celery(broker="memory://", set_as_current=False))
    return run_log.in_memory(monkeypatch)


def batch() -> Together:
    return Together.by([context.Delivery(run, "saga", "queue", cause=100 + number) for number, run in enumerate(RUNS)])


def of_run(recorded: run_log.Recorded, run: str) -> list[dict[str, Any]]:
    return [event for event in recorded if event["run"] == run]


def test_it_is_two_statements_and_each_run_has_its_own_part(
    recorded: run_log.Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[tuple[str, int | None, int]] = []
    monkeypatch.setattr(
        sending,
        "publish",
        lambda _handler, body, _delivery, *, cause, **_: left.append((body["tx_id"], cause, len(recorded))),
    )
    done_for = batch()
    with context.handling(done_for), steps.step("publish"):
        send(*EVENTS)
        assert [(run, seen) for run, _cause, seen in left] == [(run, 6) for run in RUNS]  # the log is first
        steps.ran("UPDATE outbox SET published = true")
        for number, one in enumerate(context.of_each()):
            with context.handling(one):
                steps.changed("account", f"outbox/{number}", None, {"status": "sent"}, paid=Decimal(number))
    done_for.flush()
    assert recorded.batches == [["begin", "sent"] * 3, ["commit"] * 3]
    for number, run in enumerate(RUNS):
        begun, sent, done = of_run(recorded, run)
        assert (begun["caused_by"], sent["caused_by"], done["caused_by"]) == (100 + number, begun["seq"], begun["seq"])
        assert left[number][1] == sent["seq"]
        assert [change["row"] for change in done["changes"]] == [f"outbox/{number}"]
        assert done["data"]["money"] == {f"account:outbox/{number}": {"paid": f"{number}.00"}}
        assert done["statements"] == ["UPDATE outbox SET published = true"]


def test_without_a_broker_nobody_knows_what_has_left_and_all_are_sent_again(
    recorded: run_log.Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def publish(_handler: Any, body: dict[str, Any], *_args: Any, **_more: Any) -> None:
        if body["tx_id"] != RUNS[0]:
            raise OperationalError("no broker")

    monkeypatch.setattr(sending, "publish", publish)
    with context.handling(batch()), pytest.raises(OperationalError), steps.step("publish"):
        send(*EVENTS)
    for run in RUNS:
        assert [event["phase"] for event in of_run(recorded, run)] == ["begin", "sent", "lost", "rollback"]
        assert sum(event["opens"] for event in of_run(recorded, run)) == 0


def test_a_broker_that_is_away_is_waited_for_no_longer_than_by_one_message(
    recorded: run_log.Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def away(_connection: Any, **limits: Any) -> None:
        asked.append(limits)
        raise OperationalError("no broker")

    monkeypatch.setattr(Connection, "_ensure_connection", away)
    with context.handling(batch()), pytest.raises(OperationalError), steps.step("publish"):
        send(*EVENTS)
    assert asked[0] == together.current_app.conf.task_publish_retry_policy
    assert [event["phase"] for event in of_run(recorded, RUNS[0])] == ["begin", "sent", "lost", "rollback"]
