"""Who gives up, and what is said meanwhile: an end is given when nobody can change it any more, and not before.

Most of this is waiting. What can wait side by side does: runs that are slow, and runs of one outage."""

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import datetime
from typing import Any

import dj_database_url
import psutil
import psycopg.types.json
import pytest
from django.db import OperationalError, connections, transaction

from distviz.errors import Declined
from distviz.services import closing
from distviz.services.places import ACCOUNT
from protocols.promises import COMPENSATED, GONE, NO, OK, Cell
from tests.support.checks import check_end, check_log, completed
from tests.support.stack import Stack, running, wait_for
from tests.support.waiting import Begun, asleep, begin, outage

SHORT_TIMEOUTS = {
    "VISIBILITY_TIMEOUT": "5",
    "LOCK_TIMEOUT_MS": "500",
    "RETRY_BASE_MS": "50",
    "RETRY_MAX": "2",
    "IDLE_IN_TX_MS": "15000",
}
OVER = ("succeeded", "declined", "failed", "compensated", "inconsistent")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One that gives up long before what it waits for is over."""
    with running(env=SHORT_TIMEOUTS) as instance:
        yield instance
        assert instance.manage("books", check=False).returncode == 0, instance.manage("books", check=False).stdout


def truth(stack: Stack, protocol: str, name: str, run_id: str) -> tuple[str, ...]:
    """The ends that the databases allow."""
    taken = stack.balance(protocol, name) == "900.00"
    if protocol == "monolith":
        rows = stack.sql("monolith", "SELECT 1 FROM transactions WHERE withdrawal_id = %s", run_id)
        paid = len(rows)
    else:
        paid = completed(stack, run_id)
    told = protocol != "dual_write" or stack.notifications(run_id)  # its place is taken before this end is given
    if taken and paid == 1 and told:
        return ("succeeded",)
    return ("inconsistent",) if taken or paid else ("failed", "declined")


PAUSED_AT = ("account.before_tx", "account.in_tx", "payment.before_tx", "payment.in_tx")


@pytest.fixture(scope="module")
def slow(stack: Stack, account: Callable[[], str]) -> dict[str, Begun]:
    """Two that stand still in a transaction, one that is held there for long; beside them dual writes that are over."""
    runs = {
        "monolith": begin(stack, account(), "monolith", "account.in_tx:delay:1:12000"),
        "frozen": begin(stack, account(), "saga", "account.in_tx:delay:1:28000"),
        "held": begin(stack, account(), "saga", "payment.in_tx:hold"),
    }
    stack.reaches(runs["frozen"].run_id, "fault", "fired")
    stack.reaches(runs["held"].run_id, "hold", "held")
    runs |= {point: begin(stack, account(), "dual_write", f"{point}:hold") for point in PAUSED_AT}
    asked = [runs[point].run_id for point in PAUSED_AT]
    with ExitStack() as sleeping:
        for run_id in asked:
            sleeping.enter_context(asleep(stack, run_id))
        with suppress(AssertionError):  # time for another process to give up; it may, or rightly not
            wait_for(lambda: all(stack.run(run_id)["status"] in OVER for run_id in asked), 6)
    return runs


def test_a_slow_transaction_is_not_said_to_have_failed(stack: Stack, slow: dict[str, Begun]) -> None:
    """The broker delivers the request again while the first attempt is in its transaction; the second one gives up."""
    one = slow["monolith"]
    run = stack.ended(one.run_id, 60)
    busy = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
    wait_for(lambda: not stack.sql("monolith", busy), 30, "nobody is in a transaction")
    assert run["status"] in truth(stack, "monolith", one.name, one.run_id)
    check_log(stack, one.run_id)


def test_who_stands_still_in_a_transaction_loses_it_and_a_hold_does_not(stack: Stack, slow: dict[str, Begun]) -> None:
    late, kept = slow["frozen"], slow["held"]
    began = stack.reaches(late.run_id, "fault", "fired")["at"]
    check_end(stack, "saga", late.name, late.run_id, OK, GONE)  # the work or giving up, whoever waits for it then
    ended = stack.reaches(late.run_id, "finished", stack.run(late.run_id)["status"])["at"]
    assert 14 < (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds() < 27
    idle = """
    SELECT 1 FROM pg_stat_activity
    WHERE state = 'idle in transaction' AND state_change < now() - interval '15 s' AND datname = current_database()
    """
    wait_for(lambda: stack.sql("payment", idle), 30, "the hold lasts longer than a session may be idle")
    assert stack.client.post(f"/api/runs/{kept.run_id}/release").status_code < 300
    check_end(stack, "saga", kept.name, kept.run_id, OK)
    assert not [event for event in stack.events(kept.run_id) if event["kind"] == "retry"]


@pytest.mark.parametrize("point", PAUSED_AT)
def test_a_paused_dual_write_cannot_change_its_end(stack: Stack, slow: dict[str, Begun], point: str) -> None:
    one = slow[point]
    run = stack.ended(one.run_id, 60)
    assert run["status"] in truth(stack, "dual_write", one.name, one.run_id)
    check_log(stack, one.run_id)


def test_who_is_said_not_to_have_been_told_is_not_told_later(stack: Stack, account: Callable[[], str]) -> None:
    """The end of a dual write whose email is about to be sent: the process sleeps meanwhile, and then goes on."""
    one = begin(stack, account(), "dual_write", "notification.before_tx:hold")
    worker = psutil.Process(stack.reaches(one.run_id, "hold", "held")["data"]["pid"])
    worker.suspend()
    try:
        assert stack.client.post(f"/api/runs/{one.run_id}/release").status_code < 300
        run = stack.ended(one.run_id, 90)
    finally:
        worker.resume()
    assert (run["status"], run["outcome_code"]) == ("inconsistent", "dual_write_untold")
    with suppress(AssertionError):  # time for it to go on
        wait_for(lambda: stack.notifications(one.run_id), 6)
    assert not stack.notifications(one.run_id)


PAYMENT_AWAY = {"saga": (OK, COMPENSATED), "event_sourcing": (OK, COMPENSATED), "outbox": (OK, COMPENSATED)}
DECIDED = ("after_decision", "between_commits")


@pytest.fixture(scope="module")
def payment_away(stack: Stack, account: Callable[[], str]) -> dict[str, tuple[Begun, str]]:
    """One outage for all: (run, its status meanwhile) of each protocol and of each point of two-phase commit."""
    asked = {protocol: (protocol, "payment.before_tx:hold") for protocol in PAYMENT_AWAY}
    asked |= {point: ("two_phase", f"coordinator.{point}:hold") for point in DECIDED}
    runs = {key: begin(stack, account(), *words) for key, words in asked.items()}
    said = outage(stack, "postgres:payment", list(runs.values()))
    return {key: (one, said[one.run_id]) for key, one in runs.items()}


@pytest.mark.parametrize("protocol", PAYMENT_AWAY)
def test_a_payment_server_that_is_down_is_waited_for(
    stack: Stack, payment_away: dict[str, tuple[Begun, str]], protocol: str
) -> None:
    one, _ = payment_away[protocol]
    check_end(stack, protocol, one.name, one.run_id, *PAYMENT_AWAY[protocol])


@pytest.mark.parametrize("point", DECIDED)
def test_what_is_decided_needs_no_operator_while_a_server_is_down(
    stack: Stack, payment_away: dict[str, tuple[Begun, str]], point: str
) -> None:
    """Two-phase commit's recovery finishes it: until then the status and the log say what is so."""
    one, meanwhile = payment_away[point]
    assert meanwhile in ("committing", "retrying")
    check_end(stack, "two_phase", one.name, one.run_id, OK)
    events = stack.events(one.run_id)
    decided = next(event["seq"] for event in events if event["kind"] == "decision")
    after = {event["phase"] for event in events if event["seq"] > decided and event["kind"] == "step"}
    assert after == {"begin", "failed", "commit"}  # nothing is prepared or rolled back any more
    assert not [event for event in events if event["kind"] == "attention"]


ACCOUNT_AWAY: dict[str, tuple[str, Cell]] = {
    "payment.in_tx:decline message.PaymentFailed:hold": ("saga", COMPENSATED),
    "message.PaymentProcessed:hold": ("saga", OK),
    "message.CustomerNotified:hold": ("outbox", OK),
}


def test_an_account_server_that_is_down_is_waited_for(stack: Stack, account: Callable[[], str]) -> None:
    asked = list(ACCOUNT_AWAY.items())
    runs = [begin(stack, account(), protocol, faults) for faults, (protocol, _) in asked]
    outage(stack, "postgres:account", runs)
    for one, (_, (_, ends)) in zip(runs, asked, strict=True):
        check_end(stack, one.protocol, one.name, one.run_id, ends)


def test_a_mail_server_that_is_down_is_waited_for(stack: Stack, account: Callable[[], str]) -> None:
    asked = ("saga", "event_sourcing", "outbox")
    runs = [begin(stack, account(), protocol, "notification.before_tx:hold") for protocol in asked]
    outage(stack, "mongo", runs)
    for one in runs:
        check_end(stack, one.protocol, one.name, one.run_id, OK)


def forge(stack: Stack, run_id: str, handler: str, message: str, name: str, **more: str) -> None:
    """A message that nobody has sent, parked and delivered as any other."""
    protocol, service, *_ = handler.split(".")
    why = {"code": "declined_on_purpose", "params": {"who": "payment"}}
    body: dict[str, Any] = {"tx_id": run_id, "user_id": name, "amount": "100.00", "reason": why}
    body |= {**more, "type": f"{protocol}.{message}", "timestamp": "2030-01-01T00:00:00.000+00:00"}
    body["id"] = str(uuid.uuid5(uuid.UUID(run_id), body["type"]))
    wire = psycopg.types.json.Jsonb({"handler": handler, "message": body})
    number = str(uuid.uuid4())
    stack.sql(
        "default",
        'INSERT INTO parked_messages (id, run_id, name, lane, "to", why, state, wire, at) '
        "VALUES (%s, %s, %s, 'payment', %s, 'step', 'parked', %s, now())",
        number, run_id, message, service, wire,
    )  # fmt: skip
    answer = stack.client.post(f"/api/runs/{run_id}/messages/{number}/deliver")
    by_itself = "message_was_delivered"  # what is parked in a run that is not in step mode, a tick delivers
    assert answer.status_code < 300 or answer.json()["code"] == by_itself, answer.text


def deliver_all(stack: Stack, run_id: str) -> None:
    """Step mode: what waits is delivered until the run is over."""

    def over() -> bool:
        run = stack.run(run_id)
        for parked in run["parked"]:
            stack.client.post(f"/api/runs/{run_id}/messages/{parked['mid']}/deliver")
        return run["status"] in OVER

    wait_for(over, 60, "the run is over")


EARLY = {"saga": NO, "outbox": NO, "event_sourcing": OK}


@pytest.mark.parametrize("protocol", EARLY)
def test_a_payment_that_failed_before_it_was_asked_for(stack: Stack, account: Callable[[], str], protocol: str) -> None:
    """F10: nothing was taken, so nothing is given back, and nobody is told that it was."""
    name = account()
    run_id = stack.withdraw(protocol, name, mode="step")
    stack.reaches(run_id, "message", "parked")
    forge(stack, run_id, f"{protocol}.account.refund", "PaymentFailed", name)
    wait_for(lambda: any(e["name"] == "refund" and e["phase"] == "commit" for e in stack.events(run_id)), 30)
    assert not [event for event in stack.events(run_id) if event["name"] == "MoneyRefunded"]
    deliver_all(stack, run_id)
    check_end(stack, protocol, name, run_id, EARLY[protocol], GONE if EARLY[protocol] is NO else OK)


def test_a_vote_after_the_decision_changes_nothing(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw("two_phase", name, "payment.in_tx:decline", "message.AccountVoted:delay:1:3000")
    check_end(stack, "two_phase", name, run_id, NO)
    found = stack.sql("default", "SELECT name, vote, done_at FROM two_phase_participants WHERE tx_id = %s", run_id)
    votes = {row["name"]: row["vote"] for row in found}
    assert (votes["account"], votes["payment"]) == ("", "NO")
    assert all(row["done_at"] for row in found)


def test_an_acknowledgement_before_the_decision_changes_nothing(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw("two_phase", name, "coordinator.after_prepared:hold")
    stack.reaches(run_id, "hold", "held")
    forge(stack, run_id, "two_phase.coordinator.PaymentDone.acknowledge", "PaymentDone", name)
    wait_for(lambda: any(e["name"] == "PaymentDone" and e["phase"] == "received" for e in stack.events(run_id)), 30)
    assert stack.client.post(f"/api/runs/{run_id}/release").status_code < 300
    check_end(stack, "two_phase", name, run_id, OK)
    assert [event for event in stack.events(run_id) if event["name"] == "CommitPayment"]


@pytest.fixture
def account_database(stack: Stack, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> Iterator[None]:
    """The stack's own database, in this process: a connection for each thread."""
    found = dj_database_url.parse(stack.dsn("account"))
    found["OPTIONS"] |= {"options": "-c lock_timeout=500", "server_side_binding": True}  # beside where its password is
    del found["ENGINE"]  # distviz's own stays
    for name, value in found.items():
        monkeypatch.setitem(connections.settings["account"], name, value)
    with django_db_blocker.unblock():
        yield


def test_closing_waits_for_open_transactions_and_stops_later_ones(account_database: None) -> None:
    withdrawal, entered, leave = str(uuid.uuid4()), threading.Event(), threading.Event()

    def alone(work: Callable[[], Any]) -> Any:
        """In a thread that has a connection of its own."""
        try:
            return work()
        finally:
            connections["account"].close()

    def attempt() -> Declined | None:
        with transaction.atomic(using="account"):
            no = closing.refuses(ACCOUNT, withdrawal)
            entered.set()
            leave.wait(30)
            return no

    def close() -> None:
        closing.close(ACCOUNT, withdrawal)

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(alone, attempt)
        assert entered.wait(10)
        with pytest.raises(OperationalError, match="lock timeout"):
            threads.submit(alone, close).result(10)
        leave.set()
        assert first.result(10) is None
        threads.submit(alone, close).result(10)
        threads.submit(alone, close).result(10)
        late = threads.submit(alone, attempt).result(10)
    assert late is not None
    assert late.reason.code == "given_up_before"
