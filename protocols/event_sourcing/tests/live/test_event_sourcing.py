"""Event sourcing with real kills: of the projector, of the services, and a store that refuses what must not be."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import psycopg
import pytest

from protocols.promises import OK
from tests.support.checks import check_end
from tests.support.stack import Stack, wait_for

ES = "event_sourcing"


def account_of(stack: Stack, name: str) -> dict[str, Any]:
    """`balance` is the fold, `projected` the read model."""
    return dict(stack.client.get(f"/api/accounts/{ES}/{name}").raise_for_status().json())


def status(stack: Stack) -> dict[str, Any]:
    return dict(json.loads(stack.manage("project", "--status", "--json").stdout)["lag"])


def followed(stack: Stack, name: str, balance: str = "900.00") -> None:
    wait_for(lambda: account_of(stack, name)["projected"] == balance, 20, "the read model follows")


def replay(stack: Stack) -> dict[str, Any]:
    return dict(json.loads(stack.manage("replay", "--verify", "--json", check=False).stdout))


def test_a_projector_killed_in_its_batch(stack: Stack, account: Callable[[], str]) -> None:
    """Views and checkpoint are one transaction: what died with it has not happened, and is done again."""
    names = [account() for _ in range(3)]
    runs = [(name, stack.withdraw(ES, name, "projector.in_batch:crash")) for name in names]
    for name, run_id in runs:
        check_end(stack, ES, name, run_id, OK)
        pid = stack.reaches(run_id, "fault", "fired")["data"]["pid"]
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie"
        followed(stack, name)
    assert replay(stack)["different"] == 0


def test_a_tick_leaves_a_run_the_batch_that_is_to_fail(stack: Stack, account: Callable[[], str]) -> None:
    """Its own pass comes later than the tick, as on a busy machine: the failure is met all the same."""
    name = account()
    run_id = stack.withdraw(ES, name, "message.EventsAppended:delay:9:2500", "projector.in_batch:crash")
    check_end(stack, ES, name, run_id, OK)
    fired = [event["data"]["at"] for event in stack.events(run_id) if event["kind"] == "fault"]
    assert "projector.in_batch" in fired
    followed(stack, name)


def test_services_killed_in_the_middle(stack: Stack, account: Callable[[], str]) -> None:
    """The process manager's worker and the Payment Service's: the stream alone says what is next."""
    slow = [(name, stack.withdraw(ES, name, "payment.in_tx:delay:1:1500")) for name in (account() for _ in range(2))]
    many = [(name, stack.withdraw(ES, name)) for name in (account() for _ in range(10))]
    stack.reaches(slow[0][1], "fault", "fired")
    killed = {role: stack.kill(role) for role in ("worker:account", "worker:payment", "worker:coordinator")}
    for role, pid in killed.items():
        stack.back(role, pid)
    for name, run_id in [*slow, *many]:
        check_end(stack, ES, name, run_id, OK)
        followed(stack, name)
    still_open = "SELECT withdrawal_id FROM open_withdrawals WHERE withdrawal_id = ANY(%s::uuid[])"
    assert not stack.sql("events", still_open, [run_id for _, run_id in [*slow, *many]])


def test_concurrent_withdrawals_conflict_and_none_is_lost(stack: Stack, account: Callable[[], str]) -> None:
    """Eight times $300 from $1,000: three succeed, five are declined, and versions have no gap."""
    name = account()
    runs = [stack.withdraw(ES, name, amount="300.00") for _ in range(8)]
    ends = [stack.ended(run_id, 60)["status"] for run_id in runs]
    assert sorted(ends) == ["declined"] * 5 + ["succeeded"] * 3
    followed(stack, name, "100.00")
    found = "SELECT version FROM events WHERE aggregate = %s ORDER BY position"
    versions = [row["version"] for row in stack.sql("events", found, f"account:{name}")]
    assert versions == list(range(1, len(versions) + 1))


_DEPOSIT = "INSERT INTO events (aggregate, version, type, data) VALUES ('account:alice', {}, 'MoneyDeposited', '{}')"
FORBIDDEN = [
    "UPDATE events SET data = '{}' WHERE position = 1",
    "DELETE FROM events WHERE position = 1",
    "TRUNCATE events",
    _DEPOSIT.format(1, '{"amount": "1.00"}'),  # a version that is taken
    _DEPOSIT.format(0, '{"amount": "1.00"}'),
    _DEPOSIT.format(99, '{"amount": "NaN"}'),
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_store_is_append_only(stack: Stack, statement: str) -> None:
    """To the role that the services use themselves."""
    with pytest.raises(psycopg.errors.IntegrityError):
        stack.sql("events", statement)


@contextmanager
def appending(stack: Stack, name: str) -> Iterator[psycopg.Connection[Any]]:
    """Somebody who has drawn a position and has not committed yet."""
    insert = """
    INSERT INTO events (aggregate, version, type, data)
    SELECT aggregate, max(version) + 1, 'MoneyDeposited', '{"amount": "5.00"}' FROM events
    WHERE aggregate = %(a)s GROUP BY aggregate
    """
    with psycopg.connect(stack.dsn("events")) as connection:
        connection.execute(insert, {"a": f"account:{name}"})
        yield connection


def test_a_lower_position_that_commits_later_is_not_skipped(stack: Stack, account: Callable[[], str]) -> None:
    """Who appends waits for who is appending: so positions are in the order of commits, and no reader meets a gap."""
    slow, name, gap = account(), account(), account()
    with appending(stack, slow) as first:
        run_id = stack.withdraw(ES, name)
        waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        wait_for(lambda: stack.sql("events", waiting), 30, "somebody waits for the append lock")
        first.commit()
    with appending(stack, gap) as never:
        never.rollback()  # its position is gone for ever, and nobody waits for it
    check_end(stack, ES, name, run_id, OK)
    followed(stack, name)
    followed(stack, slow, "1005.00")
    assert replay(stack)["different"] == 0


def test_read_models_are_stopped_grow_old_and_are_made_anew(stack: Stack, account: Callable[[], str]) -> None:
    names = [account() for _ in range(3)]
    stack.manage("project", "--stop")
    try:
        for name, run_id in [(name, stack.withdraw(ES, name)) for name in names]:
            check_end(stack, ES, name, run_id, OK)  # a run is over when its last event is in the store
        assert [account_of(stack, name)["projected"] for name in names] == ["1000.00"] * 3
        now = status(stack)
        assert now["stopped"]
        assert now["events"] >= 15
        assert now["committed"] > now["projected"]
        assert stack.client.get("/readyz").json()["projection"]["lag"] >= 15
    finally:
        stack.manage("project", "--start")
    for name in names:
        followed(stack, name)
    stack.sql("events", "UPDATE balance_view SET balance = 1 WHERE account = %s", names[0])
    found = replay(stack)
    assert found["different"] == 1
    assert names[0] in found["differences"][0]
    stack.manage("project", "--rebuild")
    assert account_of(stack, names[0])["projected"] == "900.00"
    assert replay(stack)["different"] == 0


def test_time_travel(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    check_end(stack, ES, name, stack.withdraw(ES, name), OK)
    balances = {}
    for version in (1, 3, 4, 6):
        found = stack.client.get(f"/api/aggregates/account:{name}/events", params={"upto": version}).json()
        assert (found["version"], len(found["events"])) == (version, version)
        balances[version] = found["state"]["balance"]
    assert balances == {1: "1000.00", 3: "1000.00", 4: "900.00", 6: "900.00"}
    assert stack.client.get("/api/aggregates/account:nobody/events").status_code == 404
    assert stack.client.get(f"/api/aggregates/account:{name}/events?upto=-1").status_code == 422
