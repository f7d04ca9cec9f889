"""A run that somebody acts on is not given up meanwhile. The dual write shows it: its recovery can only close a run."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.support.stack import Stack, wait_for

CLOSED = "SELECT 1 AS n FROM closed_withdrawals WHERE withdrawal_id = %s"
WAITS = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%%run_events%%'"


@contextmanager
def nobody_writes_to(stack: Stack, run_id: str) -> Iterator[None]:
    """Its row is locked: what is told of it waits."""
    with psycopg.connect(stack.dsn("default")) as connection:
        connection.execute("SELECT 1 FROM runs WHERE id = %s FOR UPDATE", [run_id])
        yield
        connection.rollback()


def parked(stack: Stack, run_id: str) -> list[dict[str, str]]:
    found = "SELECT id::text, state FROM parked_messages WHERE run_id = %s ORDER BY at"
    return stack.sql("default", found, run_id)


@pytest.mark.parametrize(("verb", "end"), [("deliver", "delivered"), ("drop", "dropped")])
def test_a_message_is_parked_until_its_run_has_been_told_otherwise(
    stack: Stack, account: Callable[[], str], verb: str, end: str
) -> None:
    """Between the two a pass of recovery found a run that nothing had happened to for long, and closed it."""
    run_id = stack.withdraw("dual_write", account(), mode="step")
    message = wait_for(lambda: parked(stack, run_id), 30, "the request is parked")[0]
    answers: list[int] = []

    def act() -> None:
        answers.append(stack.client.post(f"/api/runs/{run_id}/messages/{message['id']}/{verb}").status_code)

    acting = threading.Thread(target=act)
    with nobody_writes_to(stack, run_id):
        acting.start()
        wait_for(lambda: stack.sql("default", WAITS)[0]["n"], 10, "it is about to be told")
        assert parked(stack, run_id)[0]["state"] == "parked"
    acting.join(30)
    assert answers
    assert answers[0] < 300
    assert parked(stack, run_id)[0]["state"] == end


def test_a_run_that_has_just_gone_on_is_not_closed(stack: Stack, account: Callable[[], str]) -> None:
    """A pass drives the runs that it has found one after the other."""
    run_id = stack.withdraw("dual_write", account(), "message.MoneyDeducted:hold")
    wait_for(lambda: parked(stack, run_id), 30, "money is deducted, and the message parked")
    code = f"""
from datetime import timedelta
from distviz.trace import sweeps
from distviz.trace.models import Run
run = Run.objects.get(pk='{run_id}')
run.updated_at -= timedelta(seconds=1)  # as it was when it was found
sweeps._drive(run)
"""
    stack.manage("shell", "-c", code)
    assert not stack.sql("payment", CLOSED, run_id)
    message = parked(stack, run_id)[0]
    assert stack.client.post(f"/api/runs/{run_id}/messages/{message['id']}/deliver").status_code < 300
    assert stack.ended(run_id)["status"] == "succeeded"
