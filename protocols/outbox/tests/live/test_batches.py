"""Rows that gather in the outbox, and who publishes them: two relays at once, and one that takes them together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from protocols.outbox.outbox import MARK
from protocols.promises import OK
from tests.support.checks import check_end, completed
from tests.support.stack import Stack, wait_for

OB = "outbox"


def row_of(stack: Stack, run_id: str) -> dict[str, object]:
    (found,) = stack.sql("account", "SELECT id, sent_at FROM outbox WHERE withdrawal_id = %s", run_id)
    return found


@contextmanager
def gathering(stack: Stack) -> Iterator[None]:
    """Rows gather until somebody hurries them."""
    default = "ALTER TABLE outbox ALTER COLUMN due_at SET DEFAULT {}"
    stack.sql("account", default.format("now() + interval '600 seconds'"))
    try:
        yield
    finally:
        stack.sql("account", default.format("statement_timestamp()"))


def gathered(stack: Stack, names: list[str], rows: int) -> None:
    waiting = "SELECT count(*) AS n FROM outbox WHERE account = ANY(%s) AND status = 'pending'"
    wait_for(lambda: stack.sql("account", waiting, names)[0]["n"] == rows, 60, "the rows are written")


def test_two_relays_beside_the_services_own(stack: Stack, account: Callable[[], str]) -> None:
    """Ten withdrawals of each of three accounts, all of them published by whoever comes first."""
    names = [account() for _ in range(3)]
    with gathering(stack):
        runs = [(name, stack.withdraw(OB, name, amount="10.00")) for _ in range(10) for name in names]
        gathered(stack, names, len(runs))
    assert stack.at_once("relay --once", "relay --once") == [0, 0]
    for _, run_id in runs:
        assert stack.ended(run_id, 60)["status"] == "succeeded"
        assert completed(stack, run_id) == 1
    for name in names:
        assert stack.balance(OB, name) == "900.00"
        found = "SELECT id, sent_at FROM outbox WHERE account = %s ORDER BY id"
        times = [row["sent_at"] for row in stack.sql("account", found, name)]
        assert times == sorted(times)


def test_what_waits_together_is_published_together(stack: Stack, account: Callable[[], str]) -> None:
    """Twelve rows, and two statements of the log; a run with a failure is left to itself."""
    names = [account() for _ in range(14)]
    with gathering(stack):
        runs = [stack.withdraw(OB, name) for name in names[:12]]
        broken = stack.withdraw(OB, names[12], "payment.in_tx:error:1")
        dies = stack.withdraw(OB, names[13], "relay.after_publish:error:1")
        gathered(stack, names, len(names))
        stack.sql("account", "UPDATE outbox SET due_at = now() WHERE account = ANY(%s)", names)
    for name, run_id in zip(names, [*runs, broken, dies], strict=True):
        check_end(stack, OB, name, run_id, OK)
    written = """
    SELECT count(*) AS n, count(DISTINCT xmin::text) AS statements FROM run_events
    WHERE run_id = ANY(%s::uuid[]) AND name = 'publish MoneyDeducted' AND phase = %s
    """
    for phase in ("begin", "commit"):
        assert stack.sql("default", written, runs, phase) == [{"n": 12, "statements": 1}]
    for run_id in runs:
        steps = [event for event in stack.events(run_id) if event["name"] == "publish MoneyDeducted"]
        assert [step["phase"] for step in steps] == ["begin", "commit"]
        (change,) = steps[1]["changes"]
        assert change["row"] == f"outbox/{row_of(stack, run_id)['id']}"


def test_a_run_that_is_locked_holds_up_no_other(stack: Stack, account: Callable[[], str]) -> None:
    """What has failed together is tried alone."""
    names = [account() for _ in range(4)]
    with gathering(stack):
        locked, *runs = [stack.withdraw(OB, name) for name in names]
        gathered(stack, names, len(names))
        with psycopg.connect(stack.dsn("default")) as other:
            other.execute("SELECT 1 FROM runs WHERE id = %s FOR UPDATE", (locked,))
            stack.sql("account", "UPDATE outbox SET due_at = now() WHERE account = ANY(%s)", names)
            for run_id in runs:
                assert stack.ended(run_id, 30)["status"] == "succeeded"
            assert row_of(stack, locked)["sent_at"] is None
            other.rollback()
    check_end(stack, OB, names[0], locked, OK)


def test_all_that_one_statement_acknowledges_counts_in_one_shard(stack: Stack) -> None:
    """With a shard for each row two relays would wait for each other."""
    insert = """
    INSERT INTO outbox (event_type, payload, account, withdrawal_id, message_id, headers, status, acknowledged_at,
        due_at, claimed_at)
    SELECT 'MoneyDeducted', '{}', 'shards', gen_random_uuid(), gen_random_uuid(), '{}', 'publishing', now(), now(),
        now() + interval '1 hour' FROM generate_series(1, 40) RETURNING id
    """
    with psycopg.connect(stack.dsn("account")) as connection:
        rows = [row[0] for row in connection.execute(insert)]
        marked = connection.execute(MARK, {"ids": rows}).fetchall()
        assert {row[1] for row in marked} == {"acknowledged"}
        mine = "SELECT count(*) FROM outbox_counts WHERE xmin = pg_current_xact_id()::xid"
        assert connection.execute(mine).fetchone() == (1,)
        connection.rollback()
