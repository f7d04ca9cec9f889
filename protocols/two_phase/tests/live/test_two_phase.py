"""Two-phase commit with real kills: of the coordinator, of a participant's server, of the decision log's."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest

from protocols.promises import GONE, OK
from tests.support.checks import check_end
from tests.support.stack import Stack, wait_for

TP = "two_phase"
POINTS = {  # presumed abort before the decision, and after it no way back
    "before_prepare": GONE,
    "between_prepares": GONE,
    "after_prepared": GONE,
    "after_decision": OK,
    "between_commits": OK,
    "after_commits": OK,
}


@pytest.fixture(scope="module")
def crashed(stack: Stack, account: Callable[[], str]) -> dict[str, tuple[str, str]]:
    """One run for each point at which its coordinator is killed, all at the same time."""
    names = {point: account() for point in POINTS}
    return {point: (name, stack.withdraw(TP, name, f"coordinator.{point}:crash")) for point, name in names.items()}


@pytest.mark.parametrize("point", POINTS)
def test_the_coordinator_is_killed(stack: Stack, crashed: dict[str, tuple[str, str]], point: str) -> None:
    name, run_id = crashed[point]
    params = stack.ended(run_id, 60)["outcome_params"]
    # On a busy machine recovery may take a coordinator for dead that has not come to its decision yet.
    ends = GONE if params.get("why", {}).get("code") == "coordinator_silent" else POINTS[point]
    check_end(stack, TP, name, run_id, ends)
    assert stack.prepared(f"dv:{run_id}:%") == []
    decided = stack.sql("default", "SELECT decision FROM two_phase_decisions WHERE tx_id = %s", run_id)
    assert [row["decision"] for row in decided] == ["COMMIT" if ends is OK else "ABORT"]


def held(stack: Stack, name: str, point: str) -> str:
    run_id = stack.withdraw(TP, name, f"{point}:hold")
    stack.reaches(run_id, "hold", "held")
    return run_id


def test_two_recoveries_beside_a_live_coordinator(stack: Stack, account: Callable[[], str]) -> None:
    """Its whole worker is killed in doubt; what is undecided ends as an abort, what is decided is done."""
    undecided, decided = account(), account()
    runs = {undecided: held(stack, undecided, "coordinator.after_prepared")}
    runs[decided] = held(stack, decided, "coordinator.after_decision")
    assert [stack.run(runs[name])["status"] for name in (undecided, decided)] == ["in_doubt", "committing"]
    assert len(stack.prepared(f"dv:{runs[undecided]}:%")) == 2
    rows = stack.client.get("/api/in-doubt").json()["rows"]
    locks = {lock["relation"] for row in rows if row["run"] == runs[undecided] for lock in row["locks"]}
    assert locks >= {"accounts", "ledger", "payments"}

    stack.back("worker:coordinator", stack.kill("worker:coordinator"))
    others = [(name, stack.withdraw(TP, name)) for name in (account() for _ in range(4))]
    stack.at_once("recover --once --min-age 0", "recover --once --min-age 0")
    check_end(stack, TP, undecided, runs[undecided], GONE)
    check_end(stack, TP, decided, runs[decided], OK)
    for name, run_id in others:
        check_end(stack, TP, name, run_id, OK, GONE)  # asked while nobody coordinated, or swept by an impatient pass
    wait_for(lambda: not stack.prepared(), 15, "nothing is prepared any more")
    assert stack.manage("recover", "--once").returncode == 0


def test_what_is_prepared_survives_its_server(stack: Stack, account: Callable[[], str]) -> None:
    """The Payment Service's PostgreSQL is killed before a PREPARE, before the decision and after it."""
    working, undecided, decided = account(), account(), account()
    runs = {
        working: held(stack, working, "payment.in_tx"),
        undecided: held(stack, undecided, "coordinator.after_prepared"),
        decided: held(stack, decided, "coordinator.after_decision"),
    }
    promised = sorted(f"dv:{runs[name]}:payment" for name in (undecided, decided))
    stack.back("postgres:payment", stack.kill("postgres:payment"))
    wait_for(stack.ready, 30, "the server is back")
    assert sorted(gid for gid in stack.prepared() if gid.endswith(":payment")) == promised
    for run_id in runs.values():
        assert stack.client.post(f"/api/runs/{run_id}/release").status_code < 300
    check_end(stack, TP, working, runs[working], OK, GONE)
    check_end(stack, TP, undecided, runs[undecided], OK)
    check_end(stack, TP, decided, runs[decided], OK)
    assert not stack.prepared()


def test_the_decision_log_is_killed(stack: Stack, account: Callable[[], str]) -> None:
    """Nobody may guess while the log is gone; all of it is settled once it is back."""
    busy = [(name, stack.withdraw(TP, name, "payment.before_tx:delay:1:700")) for name in (account() for _ in range(3))]
    fresh = [(name, stack.withdraw(TP, name)) for name in (account() for _ in range(5))]
    stack.reaches(busy[0][1], "fault", "fired")
    stack.back("postgres:lab", stack.kill("postgres:lab"))
    wait_for(stack.ready, 30, "the server is back")
    for name, run_id in [*busy, *fresh]:
        check_end(stack, TP, name, run_id, OK, GONE)
    wait_for(lambda: not stack.prepared(), 15, "nothing is prepared any more")


@contextmanager
def no_slots(stack: Stack) -> Iterator[list[str]]:
    """Another program's prepared transactions fill the Payment Service's server."""
    dsn, mark = stack.dsn("payment"), uuid.uuid4().hex[:8]
    names: list[str] = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        try:
            with suppress(psycopg.errors.OutOfMemory):  # 53200
                while True:
                    connection.execute("BEGIN")
                    connection.execute(f"PREPARE TRANSACTION 'other-{mark}-{len(names)}'")
                    names.append(f"other-{mark}-{len(names)}")
            yield names
        finally:
            for name in names:
                connection.execute(f"ROLLBACK PREPARED '{name}'")


def test_without_a_free_slot_the_answer_is_a_clear_no(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    with no_slots(stack) as names:
        run_id = stack.withdraw(TP, name)
        check_end(stack, TP, name, run_id, GONE)
        assert "Payment cannot prepare: maximum number of prepared transactions" in stack.run(run_id)["outcome"]
        assert stack.manage("recover", "--once", "--min-age", "0").returncode == 0
        assert sorted(stack.prepared("other-%")) == sorted(names)  # other programs' are none of our business
    assert stack.ended(stack.withdraw(TP, name))["status"] == "succeeded"


def test_who_meets_a_prepared_row_gets_an_answer(stack: Stack, account: Callable[[], str]) -> None:
    """Within the lock time-out and its retries, and with the name of who holds the row."""
    name = account()
    first = held(stack, name, "coordinator.after_prepared")
    second = stack.withdraw(TP, name)
    met = stack.reaches(second, "lock", "waiting", timeout=10)
    assert (met["name"], met["data"]["holder"]) == (f"accounts/{name}", first)
    wait_for(lambda: stack.run(second)["status"] == "waiting_lock", 10, "its status says so")
    waits = stack.reaches(second, "retry", "scheduled", timeout=10)
    assert "lock timeout" in waits["error"]
    assert first in waits["error"]
    run = stack.ended(second, timeout=20)
    assert (run["status"], run["verdict"]) == ("failed", "consistent")
    assert stack.client.post(f"/api/runs/{first}/release").status_code < 300
    check_end(stack, TP, name, first, OK)


def test_a_coordinator_that_was_paused_finds_that_it_has_lost(stack: Stack, account: Callable[[], str]) -> None:
    """SIGSTOP before its decision, until recovery has decided; what wakes up obeys what is written."""
    name = account()
    run_id = held(stack, name, "coordinator.after_prepared")
    with stack.paused(stack.run(run_id)["holding"]["pid"]):
        assert stack.client.post(f"/api/runs/{run_id}/release").status_code < 300
        stack.at_once("recover --once --min-age 0")
    check_end(stack, TP, name, run_id, GONE)
    assert not stack.prepared(f"dv:{run_id}:%")
