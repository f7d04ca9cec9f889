"""Who can write to the broker, but does not have the key, moves no money and completes nothing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from distviz.trace.handlers import ROUTES
from distviz.trace.messages import TYPES, Message
from tests.support.broker import Broker, as_sent
from tests.support.stack import Stack, wait_for

LETTERS = "SELECT error FROM dead_letters WHERE error LIKE '%%not sent by this lab%%'"
PAID = "SELECT count(*) AS n, sum(amount) AS paid FROM payments WHERE withdrawal_id = %s AND status = 'COMPLETED'"
FORGERIES = ["plain", "another key"]


def message(kind: str, run_id: str, name: str, **more: Any) -> Message:
    return TYPES[kind](tx_id=run_id, user_id=name, amount=Decimal("100.00"), **more)


def forge(stack: Stack, how: str, *messages: Message) -> None:
    """Into the queue of every handler, as its sender would; returns when each of them lies aside."""
    broker = Broker(stack)
    before, put = len(stack.sql("default", LETTERS)), 0
    for one in messages:
        for handler in ROUTES[type(one)]:
            put += 1
            if how == "plain":
                broker.put_plain(handler.place.queue, handler.name, as_sent(one))
            else:
                broker.put_task(handler.place.queue, handler.name, as_sent(one), key=b"somebody else's")
    wait_for(lambda: len(stack.sql("default", LETTERS)) == before + put, 30, "all of them are dead letters")


@pytest.mark.parametrize("how", FORGERIES)
def test_a_paid_withdrawal_is_not_paid_again(stack: Stack, account: Callable[[], str], how: str) -> None:
    name = account()
    run_id = stack.withdraw("dual_write", name)
    assert stack.ended(run_id)["status"] == "succeeded"
    forge(stack, how, message("dual_write.MoneyDeducted", run_id, name))
    assert stack.sql("payment", PAID, run_id) == [{"n": 1, "paid": Decimal("100.00")}]


@pytest.mark.parametrize("how", FORGERIES)
def test_a_withdrawal_is_not_taken_again(stack: Stack, account: Callable[[], str], how: str) -> None:
    name = account()
    run_id = stack.withdraw("dual_write", name)
    assert stack.ended(run_id)["status"] == "succeeded"
    forge(stack, how, message("dual_write.WithdrawalRequested", run_id, name))
    assert stack.balance("dual_write", name) == "900.00"


@pytest.mark.parametrize("how", FORGERIES)
def test_a_saga_that_is_not_paid_is_not_completed(stack: Stack, account: Callable[[], str], how: str) -> None:
    name = account()
    run_id = stack.withdraw("saga", name, "payment.before_tx:hold")
    stack.reaches(run_id, "hold", "held")
    forge(stack, how, *(message(f"saga.{kind}", run_id, name) for kind in ("PaymentProcessed", "CustomerNotified")))
    log = "SELECT status FROM saga_log WHERE tx_id = %s"
    assert stack.sql("account", log, run_id) == [{"status": "pending"}]
    assert stack.notifications(run_id) == []
    stack.client.post(f"/api/runs/{run_id}/release")
    assert stack.ended(run_id)["status"] == "succeeded"


@pytest.mark.parametrize("how", FORGERIES)
def test_a_vote_that_is_forged_does_not_count(stack: Stack, account: Callable[[], str], how: str) -> None:
    name = account()
    run_id = stack.withdraw("two_phase", name, "payment.in_tx:hold")
    stack.reaches(run_id, "hold", "held")
    votes = [
        message(f"two_phase.{who}Voted", run_id, name, vote="YES") for who in ("Account", "Payment", "Notification")
    ]
    forge(stack, how, *votes)
    assert stack.sql("default", "SELECT decision FROM two_phase_decisions WHERE tx_id = %s", run_id) == []
    stack.client.post(f"/api/runs/{run_id}/release")
    assert stack.ended(run_id)["status"] in ("succeeded", "failed")


def test_what_is_signed_with_the_labs_key_is_taken(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw("saga", name)
    assert stack.ended(run_id)["late"] == 0
    Broker(stack).put_task("payment", "saga.payment.charge", as_sent(message("saga.MoneyDeducted", run_id, name)))
    wait_for(lambda: stack.run(run_id)["late"] >= 1, 30, "the copy is counted")
