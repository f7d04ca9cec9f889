"""What is derived from the store is a cache: it is not believed where it is wrong, and it is made anew."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.support.stack import Stack, wait_for

ES = "event_sourcing"
NEWEST = "SELECT max(version) AS n FROM events WHERE aggregate = %s"
FORGED = "INSERT INTO snapshots (aggregate, version, state, format, seal) VALUES (%s, %s, %s::jsonb, 1, %s)"
SEALED = """
INSERT INTO snapshots (aggregate, version, state, format, seal)
SELECT %(a)s::text, %(v)s::int, %(s)s::jsonb, 1, snapshot_seal(%(a)s::text, %(v)s::int, %(s)s::jsonb)
"""
KEPT = "SELECT version FROM snapshots WHERE aggregate = %s ORDER BY version"
RICH = '{"balance": "5000.00", "deposited": "5000.00"}'

# What a snapshot may be that nobody should believe.
WRONG = {
    "other keys": (0, '{"total": "5000.00"}', ""),
    "a wrong balance": (0, RICH, ""),
    "no number": (0, '{"balance": "a lot", "deposited": "1000.00"}', ""),
    "a state that is a list": (0, '["5000.00"]', ""),
    "ahead of its stream": (1000, RICH, ""),
    "a seal of something else": (0, RICH, "0cc175b9c0f1b6a831c399e269772661"),
}


def newest(stack: Stack, stream: str) -> int:
    return int(stack.sql("events", NEWEST, stream)[0]["n"])


@pytest.mark.parametrize("wrong", WRONG)
def test_a_snapshot_that_is_wrong_is_not_used(stack: Stack, account: Callable[[], str], wrong: str) -> None:
    name = account()
    stream, (ahead, state, seal) = f"account:{name}", WRONG[wrong]
    stack.sql("events", FORGED, stream, newest(stack, stream) + ahead, state, seal)
    assert stack.ended(stack.withdraw(ES, name, amount="3000.00"))["status"] == "declined"
    assert stack.ended(stack.withdraw(ES, name))["status"] == "succeeded"
    assert stack.balance(ES, name) == "900.00"
    stack.sql("events", "DELETE FROM snapshots WHERE aggregate = %s", stream)


def test_no_withdrawal_takes_more_than_the_events_add_up_to(stack: Stack, account: Callable[[], str]) -> None:
    """Even from a snapshot that nobody can tell from a true one: the database counts for itself."""
    name = account()
    stream = f"account:{name}"
    stack.sql("events", SEALED, a=stream, v=newest(stack, stream), s=RICH)
    run = stack.ended(stack.withdraw(ES, name, amount="3000.00"))
    assert (run["status"], run["outcome_params"]["why"]["code"]) == ("declined", "insufficient_funds")
    assert stack.balance(ES, name) == "1000.00"
    assert stack.sql("events", KEPT, stream) == []


def test_a_snapshot_that_is_wrong_is_thrown_away_and_folded_anew(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    stream = f"account:{name}"
    many = [stack.withdraw(ES, name, amount="1.00") for _ in range(11)]  # of five events each
    for run_id in many:
        assert stack.ended(run_id, 60)["status"] == "succeeded"
    wait_for(lambda: stack.sql("events", KEPT, stream), 10, "a snapshot is kept")
    stack.sql("events", "UPDATE snapshots SET state = %s::jsonb WHERE aggregate = %s", RICH, stream)
    assert stack.ended(stack.withdraw(ES, name, amount="3000.00"))["status"] == "declined"
    anew = "SELECT state->>'balance' AS balance FROM snapshots WHERE aggregate = %s ORDER BY version"
    wait_for(
        lambda: [row["balance"] for row in stack.sql("events", anew, stream)] == ["989.00"], 10, "it is folded anew"
    )


def test_the_store_refuses_a_balance_below_zero(stack: Stack, account: Callable[[], str]) -> None:
    take = """INSERT INTO events (aggregate, version, type, withdrawal_id, data)
    VALUES (%(a)s, %(v)s, 'MoneyDeducted', gen_random_uuid(), '{"amount": "1000.01"}')"""
    stream = f"account:{account()}"
    for forget in (False, True):  # also if what it counts is not there: then it adds the events up
        if forget:
            stack.sql("events", "DELETE FROM stream_balances WHERE aggregate = %s", stream)
        with pytest.raises(Exception, match="does not cover"):
            stack.sql("events", take, a=stream, v=newest(stack, stream) + 1)
    again = "INSERT INTO stream_balances (aggregate, version, balance) VALUES (%s, %s, 1000)"
    stack.sql("events", again, stream, newest(stack, stream))


APPENDED = """
INSERT INTO events (aggregate, version, type, data)
SELECT one->>0, (SELECT COALESCE(max(version), 0) FROM events WHERE aggregate = one->>0)
    + row_number() OVER (PARTITION BY one->>0 ORDER BY number), one->>1, jsonb_build_object('amount', one->>2)
FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS f(one, number) ORDER BY number
"""
COUNTED = """
SELECT b.balance, b.version = (SELECT max(version) FROM events e WHERE e.aggregate = b.aggregate)
FROM stream_balances b WHERE b.aggregate = ANY(%s)
"""
STALE = "UPDATE stream_balances SET version = 0, balance = 9999 WHERE aggregate = ANY(%s)"
IN, OUT = "MoneyDeposited", "MoneyDeducted"


@pytest.mark.parametrize(
    ("moves", "balance"),
    [
        ([(IN, "5.00")], "1005.00"),
        ([(OUT, "600.00"), (OUT, "400.00")], "0.00"),
        ([(IN, "500.00"), (OUT, "1500.00")], "0.00"),  # covered by what comes first
        ([(OUT, "1500.00"), (IN, "500.00")], None),  # not by what comes after it
        ([(OUT, "600.00"), (OUT, "400.01")], None),
    ],
)
@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize("streams", [1, 2])
def test_the_floor_is_counted_in_the_order_of_the_events(
    stack: Stack,
    account: Callable[[], str],
    moves: list[tuple[str, str]],
    balance: str | None,
    stale: bool,
    streams: int,
) -> None:
    """One stream or several at once, whether the balance is counted already or has to be added up."""
    names = [f"account:{account()}" for _ in range(streams)]
    facts = json.dumps([[name, *move] for name in names for move in moves])
    with psycopg.connect(stack.dsn("events")) as connection:
        if stale:
            connection.execute(STALE, [names])
        if balance is None:
            with pytest.raises(psycopg.errors.CheckViolation, match="does not cover this"):
                connection.execute(APPENDED, [facts])
        else:
            connection.execute(APPENDED, [facts])
            assert connection.execute(COUNTED, [names]).fetchall() == [(Decimal(balance), True)] * streams
        connection.rollback()


def test_a_load_is_planned_once_for_each_session(stack: Stack) -> None:
    """Planning it took longer than the load; and a plan that was made while the table was small reads by index, too."""
    [load] = stack.sql("events", "SELECT proconfig FROM pg_proc WHERE proname = 'stream_of'")
    assert set(load["proconfig"] or ()) == {"plan_cache_mode=force_generic_plan", "enable_seqscan=off"}


# --- a checkpoint ahead of the store, as after a restored backup -----------------------------------------------------


@contextmanager
def ahead(stack: Stack) -> Iterator[int]:
    """The read models say that they have read what the store does not have."""
    position = int(stack.sql("events", "SELECT max(position) + 984 AS n FROM events")[0]["n"])
    stack.sql("events", "UPDATE checkpoint SET position = %s", position)
    try:
        yield position
    finally:
        stack.manage("project", "--rebuild", check=False)


def health(stack: Stack) -> tuple[int, dict[str, Any]]:
    answer = stack.client.get("/readyz")
    return answer.status_code, answer.json()


def test_read_models_ahead_of_the_store_are_said_loudly_everywhere(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    with ahead(stack):
        wait_for(lambda: health(stack)[0] == 503, 10, "/readyz says so")
        said = health(stack)[1]
        assert (said["projection"]["code"], said["projection"]["lag"]) == ("read_models_ahead", 0)
        for command in (("project", "--once"), ("project", "--status"), ("replay", "--verify")):
            done = stack.manage(*command, check=False)
            assert done.returncode == 1, command
            assert "ahead of the event store" in done.stdout, command
        assert "Rebuild makes" in stack.client.get("/events/").text
        assert "ahead of the event store" in stack.client.get(f"/lab/{ES}/").text
        audit = json.loads(stack.manage("books", "--json", check=False).stdout)[ES]
        assert [one["id"] for one in audit["invariants"] if not one["holds"]] == ["I12"]
        # withdrawals go on, and their log says why the read models do not
        run_id = stack.withdraw(ES, name)
        assert stack.ended(run_id)["status"] == "succeeded"
        assert stack.reaches(run_id, "projection", "ahead")
        # one action mends it
        assert stack.manage("project", "--rebuild").returncode == 0
        wait_for(lambda: health(stack)[0] == 200, 10, "/readyz is content")
        found = stack.client.get(f"/api/accounts/{ES}/{name}").json()
        assert (found["balance"], found["projected"]) == ("900.00", "900.00")
        assert stack.manage("replay", "--verify").returncode == 0
        assert stack.manage("project", "--once").returncode == 0


def test_another_event_at_the_checkpoint_is_not_taken_for_the_one_that_was_read(stack: Stack) -> None:
    stack.sql("events", "UPDATE checkpoint SET event_at = event_at - interval '1 hour'")
    try:
        assert stack.manage("project", "--status", check=False).returncode == 1
    finally:
        stack.manage("project", "--rebuild")
    assert stack.manage("project", "--status").returncode == 0
