"""What the log says while nothing was switched on: everything in its order and at its own time, though events wait for
those that happen right after them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
import pytest

from protocols.registry import PROTOCOLS
from tests.support.stack import Stack, wait_for

ENDS = {"commit", "prepared", "rollback"}
_WAITING = "SELECT 1 FROM pg_stat_activity WHERE %s::int = ANY(pg_blocking_pids(pid))"


def at(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["at"])


def check_order(events: list[dict[str, Any]]) -> None:
    """Numbers and times have the same order, and nothing is before its cause."""
    assert [at(event) for event in events] == sorted(at(event) for event in events)
    for event in events:
        assert event["caused_by"] is None or event["caused_by"] < event["seq"]
    by_number = {event["seq"]: event for event in events}
    for event in events:
        cause = by_number.get(event["caused_by"], {})
        if (event["kind"], event["phase"], event["attempt"]) == ("message", "received", 1):
            assert (cause["phase"], cause["name"]) == ("sent", event["name"])
        if event["kind"] == "step" and event["phase"] in ENDS:
            assert (cause["phase"], cause["name"]) == ("begin", event["name"])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_several_at_once_are_each_told_in_order(stack: Stack, account: Callable[[], str], protocol: str) -> None:
    runs = [stack.withdraw(protocol, account()) for _ in range(8)]
    for run in runs:
        assert stack.ended(run)["status"] == "succeeded"
        check_order(stack.events(run))


@contextmanager
def locked(stack: Stack, alias: str, query: str, *params: object) -> Iterator[psycopg.Connection]:
    """A row that another session holds for as long as this goes on."""
    with psycopg.connect(stack.dsn(alias)) as connection:
        connection.execute(query, params)
        yield connection
        connection.rollback()


def waited_for(stack: Stack, alias: str, holder: psycopg.Connection) -> bool:
    return bool(stack.sql(alias, _WAITING, holder.info.backend_pid))


def test_a_step_is_seen_to_begin_before_its_work(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    row = "SELECT 1 FROM accounts WHERE protocol = 'saga' AND name = %s FOR UPDATE"
    with locked(stack, "account", row, name) as holder:
        run = stack.withdraw("saga", name)
        wait_for(lambda: waited_for(stack, "account", holder), 10, "the step waits for the row")
        events = [(event["kind"], event["phase"]) for event in stack.events(run)]
        assert events[:4] == [("request", "made"), ("message", "sent"), ("message", "received"), ("step", "begin")]
        assert stack.run(run)["status"] in ("running", "waiting_lock")
        assert ("step", "commit") not in events
    assert stack.ended(run)["status"] == "succeeded"
    check_order(stack.events(run))


def test_an_event_has_the_time_at_which_it_happened(stack: Stack, account: Callable[[], str]) -> None:
    """On a slow machine a wait may be too long, and the step is tried again: then once more with another run."""
    assert any(the_log_waits(stack, account()) for _ in range(5))


def the_log_waits(stack: Stack, name: str) -> bool:
    """The log has to wait for the row of its run, the COMMIT did not. False if either wait was too long."""
    row = "SELECT 1 FROM accounts WHERE protocol = 'saga' AND name = %s FOR UPDATE"
    with locked(stack, "account", row, name) as money:
        run = stack.withdraw("saga", name)
        wait_for(lambda: waited_for(stack, "account", money), 10, "the step waits for the row")
        with locked(stack, "default", "SELECT 1 FROM runs WHERE id = %s FOR UPDATE", run) as log:
            money.rollback()
            wait_for(lambda: waited_for(stack, "default", log), 10, "the log waits for its run")
            (released,) = log.execute("SELECT clock_timestamp()").fetchone() or (None,)
    assert stack.ended(run)["status"] == "succeeded"
    events = stack.events(run)
    if any(event["kind"] == "retry" for event in events):
        return False
    check_order(events)
    commit = next(event for event in events if (event["kind"], event["phase"]) == ("step", "commit"))
    assert at(commit) < released < at(next(event for event in events[commit["seq"] :] if event["phase"] == "received"))
    return True
