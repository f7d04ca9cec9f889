"""The outbox with real kills: of the relay, of Valkey and all that it knew, of a database; and poison in it."""

import signal
import uuid
from collections.abc import Callable

import psutil
import psycopg

from protocols.promises import OK
from tests.support.broker import Broker
from tests.support.checks import check_end, completed
from tests.support.stack import Stack, wait_for

OB = "outbox"
_COLUMNS = "id, event_type, account, status, attempts, sent_at, last_error"


def outbox(stack: Stack, run_id: str) -> list[dict[str, object]]:
    found = f"SELECT {_COLUMNS} FROM outbox WHERE withdrawal_id = %s ORDER BY id"
    return stack.sql("account", found, run_id)


def sent(stack: Stack, run_id: str) -> bool:
    return any(row["status"] in ("sent", "acknowledged") for row in outbox(stack, run_id))


def test_a_relay_killed_between_publish_and_mark(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw(OB, name, "relay.after_publish:crash")
    check_end(stack, OB, name, run_id, OK)
    pid = stack.reaches(run_id, "fault", "fired")["data"]["pid"]
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie"
    inbox = "SELECT duplicates FROM inbox WHERE consumer = 'outbox.payment' AND withdrawal_id = %s"
    assert stack.sql("payment", inbox, run_id) == [{"duplicates": 1}]  # published twice, and taken once
    assert [(row["event_type"], row["attempts"]) for row in outbox(stack, run_id)] == [("MoneyDeducted", 2)]


def test_valkey_forgets_what_was_published(stack: Stack, account: Callable[[], str]) -> None:
    """The queue is emptied, and the consumer that had the rest of it in its hands is killed: sent, never consumed."""
    names = [account() for _ in range(5)]
    broker = Broker(stack)
    worker = stack.pid("worker:payment")
    with stack.paused(worker):
        runs = [(name, stack.withdraw(OB, name)) for name in names]
        wait_for(lambda: all(sent(stack, run_id) for _, run_id in runs), 30, "everything is published")
        broker.client.flushall()
        killed = stack.kill("valkey")
        for process in [*psutil.Process(worker).children(recursive=True), psutil.Process(worker)]:
            process.send_signal(signal.SIGKILL)
    stack.back("valkey", killed)
    stack.back("worker:payment", worker)
    for name, run_id in runs:
        check_end(stack, OB, name, run_id, OK)
        assert outbox(stack, run_id)[0]["attempts"] != 1  # published again, because nobody answered


def test_the_account_server_is_killed(stack: Stack, account: Callable[[], str]) -> None:
    slow = [(name, stack.withdraw(OB, name, "payment.in_tx:delay:1:1000")) for name in (account() for _ in range(3))]
    more = [(name, stack.withdraw(OB, name)) for name in (account() for _ in range(5))]
    stack.reaches(slow[0][1], "fault", "fired")
    stack.back("postgres:account", stack.kill("postgres:account"))
    wait_for(stack.ready, 60, "the server is back")
    for name, run_id in slow:
        check_end(stack, OB, name, run_id, OK)
    for name, run_id in more:
        run = stack.ended(run_id, 60)  # a request that found no server used up its retries, or was asked again
        assert (run["status"], stack.balance(OB, name)) in [("succeeded", "900.00"), ("failed", "1000.00")]
        assert completed(stack, run_id) == (run["status"] == "succeeded")


GARBAGE = [("Nonsense", "{}"), ("MoneyDeducted", "42"), ("MoneyDeducted", '{"type": "outbox.MoneyDeducted"}')]


def test_poison_in_the_outbox_becomes_dead_rows(stack: Stack, account: Callable[[], str]) -> None:
    """Rows that nobody can publish: the other accounts do not wait for them at all, their own only until they are
    dead letters."""
    poisoned, other = account(), account()
    insert = """
    INSERT INTO outbox (event_type, payload, account, withdrawal_id, message_id) VALUES (%s, %s::jsonb, %s, %s, %s)
    """
    ids = [str(uuid.uuid4()) for _ in GARBAGE]
    for (kind, payload), tx_id in zip(GARBAGE, ids, strict=True):
        stack.sql("account", insert, kind, payload, poisoned, tx_id, str(uuid.uuid4()))
    first, behind = stack.withdraw(OB, other), stack.withdraw(OB, poisoned)
    check_end(stack, OB, other, first, OK)
    check_end(stack, OB, poisoned, behind, OK)

    def dead() -> list[dict[str, object]]:
        found = "SELECT id, status, attempts, last_error FROM outbox WHERE withdrawal_id = ANY(%s::uuid[])"
        rows = stack.sql("account", found, ids)
        return rows if all(row["status"] == "dead" for row in rows) else []

    rows = wait_for(dead, 30, "the garbage is dead")
    assert {row["attempts"] for row in rows} == {4}
    assert all(row["last_error"] for row in rows)
    letters = [row for row in stack.client.get("/api/dead-letters").json()["rows"] if row["service"] == "account"]
    assert len([row for row in letters if row["digest"] and row["error"] and not row["run"]]) >= len(GARBAGE)
    page = stack.client.get("/attention/").text
    assert all(f'id="outbox-account-{row["id"]}"' in page for row in rows)
    stack.sql("account", "DELETE FROM outbox WHERE withdrawal_id = ANY(%s::uuid[])", ids)  # for the auditor's sake


def test_poison_in_the_queue_is_put_aside(stack: Stack, account: Callable[[], str]) -> None:
    """No task at all, a task with garbage in it, a task that nobody knows, and no text: each is a dead letter."""
    broker = Broker(stack)
    before = dead_letters(stack)
    broker.put("payment", "garbage, and not even base64")
    broker.put("payment", b"\xff\x00\xfe")
    broker.put_task("payment", "outbox.payment.charge", [{"type": "nonsense"}, {}])
    broker.put_task("payment", "outbox.payment.charge", ["nonsense", 7])
    broker.put_task("payment", "outbox.payment.charge", [])
    broker.put_task("payment", "nobody.knows", [])
    names = [account() for _ in range(3)]
    runs = [(name, stack.withdraw(OB, name)) for name in names]
    for name, run_id in runs:
        check_end(stack, OB, name, run_id, OK)
    wait_for(lambda: dead_letters(stack) == before + 6, 30, "six dead letters")


def dead_letters(stack: Stack) -> int:
    """Copies counted: the same garbage, also another test's, is one row."""
    return int(stack.sql("default", "SELECT COALESCE(sum(attempts), 0) AS n FROM dead_letters")[0]["n"])


def test_a_payment_that_is_that_the_relay_does_not_wait_for(stack: Stack, account: Callable[[], str]) -> None:
    """The process stands still in the middle of its transaction until the message was published again: one payment."""
    name = account()
    run_id = stack.withdraw(OB, name, "payment.in_tx:hold")
    pid = stack.reaches(run_id, "hold", "held")["data"]["pid"]
    with stack.paused(pid):
        stack.client.post(f"/api/runs/{run_id}/release")  # it is free to go, and does not
        wait_for(lambda: outbox(stack, run_id)[0]["attempts"] != 1, 30, "the relay publishes it again")
        stack.reaches(run_id, "retry", "scheduled")  # the copy meets the row that the first one holds
    check_end(stack, OB, name, run_id, OK)


def test_the_database_refuses_a_second_row_for_one_message(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw(OB, name)
    check_end(stack, OB, name, run_id, OK)
    copy = """
    INSERT INTO outbox (event_type, payload, account, withdrawal_id, message_id)
    SELECT event_type, payload, account, withdrawal_id, message_id FROM outbox WHERE withdrawal_id = %s
    """
    try:
        stack.sql("account", copy, run_id)
    except psycopg.errors.UniqueViolation:
        return
    raise AssertionError("a copy of an outbox row was taken")


def test_the_desk_shows_what_is_asked_for(stack: Stack, account: Callable[[], str]) -> None:
    """Each filter is a condition, none is no condition, and a page begins after a row."""
    name, other = account(), account()
    mine, theirs = stack.withdraw(OB, name), stack.withdraw(OB, other)
    for who, run_id in ((name, mine), (other, theirs)):
        check_end(stack, OB, who, run_id, OK)

    def shown(query: str) -> set[str]:
        page = stack.client.get(f"/outbox/?{query}")
        assert page.status_code == 200
        return {run_id for run_id in (mine, theirs) if f"/runs/{run_id}/" in page.text}

    message = str(stack.sql("account", "SELECT message_id FROM outbox WHERE withdrawal_id = %s", mine)[0]["message_id"])
    last = [stack.sql(alias, "SELECT min(id) AS id FROM outbox WHERE withdrawal_id IN (%s, %s)", mine, theirs)[0]["id"]
            for alias in ("account", "payment")]  # fmt: skip
    assert shown("") == {mine, theirs}
    assert shown(f"account={name}") == shown(f"run={mine}") == shown(f"run={message}") == {mine}
    assert shown("state=acknowledged") == {mine, theirs}
    assert shown("state=pending") == shown(f"state=dead&account={name}") == set()
    assert shown(f"before=account-{last[0]}.payment-{last[1]}") == set()
