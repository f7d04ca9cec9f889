"""Real SIGKILL: of workers, of Valkey, of everything. Every run ends, no money is lost, nothing is paid twice."""

import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pymongo

from tests.support.broker import Broker
from tests.support.checks import check_log, completed
from tests.support.stack import ROOT, Stack, wait_for


def test_payment_worker_then_valkey_killed_in_mid_saga(stack: Stack, account: Callable[[], str]) -> None:
    slow = account()
    first = stack.withdraw("saga", slow, "payment.in_tx:delay:1:3000")
    others = [(name, stack.withdraw("saga", name)) for name in (account() for _ in range(20))]
    stack.reaches(first, "fault", "fired")
    killed = stack.kill("worker:payment")
    stack.back("worker:payment", killed)
    more = [(name, stack.withdraw("saga", name)) for name in (account() for _ in range(20))]
    killed = stack.kill("valkey")
    stack.back("valkey", killed)
    more += [(name, stack.withdraw("saga", name)) for name in (account() for _ in range(5))]
    for name, run_id in [(slow, first), *others, *more]:
        run = stack.ended(run_id, timeout=60)
        assert (run["status"], run["verdict"]) == ("succeeded", "consistent"), (run, stack.events(run_id))
        assert completed(stack, run_id) == 1
        assert stack.balance("saga", name) == "900.00"
        check_log(stack, run_id)


def test_crash_kills_the_process_that_does_the_work(stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account(), "payment.in_tx:crash")
    stack.ended(run_id)
    pid = next(e for e in stack.events(run_id) if e["kind"] == "fault")["data"]["pid"]
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie"
    assert pid != stack.pid("worker:payment")


def test_a_hold_stops_one_process_and_no_other(stack: Stack, account: Callable[[], str]) -> None:
    held = stack.withdraw("saga", account(), "payment.in_tx:hold")
    stack.reaches(held, "hold", "held")
    holding = stack.run(held)["holding"]
    assert holding["at"] == "payment.in_tx"
    assert "payment" in " ".join(psutil.Process(holding["pid"]).cmdline())
    idle = "SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'idle in transaction'"
    assert stack.sql("payment", idle)[0]["n"] >= 1  # a real open transaction
    assert stack.ended(stack.withdraw("saga", account()))["status"] == "succeeded"
    assert stack.run(held)["status"] == "running"
    assert stack.client.post(f"/api/runs/{held}/release").status_code < 300
    assert stack.ended(held)["status"] == "succeeded"
    assert stack.client.post(f"/api/runs/{held}/release").status_code == 409


def test_nor_does_it_after_the_broker_was_away(stack: Stack, account: Callable[[], str]) -> None:
    """A worker that has one process takes as many messages as it may have processes, or it would never have another."""
    stack.back("worker:payment", stack.kill("worker:payment"))  # so that it has one
    wait_for(lambda: stack.client.get("/readyz").status_code == 200, 30, "all are ready")
    stack.back("valkey", stack.kill("valkey"))
    wait_for(lambda: stack.client.get("/readyz").status_code == 200, 30, "all are ready again")
    held = stack.withdraw("saga", account(), "payment.in_tx:hold")
    stack.reaches(held, "hold", "held")
    others = [stack.withdraw("saga", account()) for _ in range(3)]
    assert [stack.ended(run_id)["status"] for run_id in others] == ["succeeded"] * 3
    assert stack.client.get("/readyz").status_code == 200
    stack.client.post(f"/api/runs/{held}/release")
    assert stack.ended(held)["status"] == "succeeded"


def test_a_held_process_that_is_killed_is_replaced(stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account(), "payment.in_tx:hold")
    stack.reaches(run_id, "hold", "held")
    psutil.Process(stack.run(run_id)["holding"]["pid"]).send_signal(signal.SIGKILL)
    assert stack.ended(run_id)["status"] == "succeeded"
    assert completed(stack, run_id) == 1


def test_a_broken_message_does_not_stop_a_worker(stack: Stack, account: Callable[[], str]) -> None:
    Broker(stack).put("payment", "garbage, and not even base64")
    run_id = stack.withdraw("saga", account())
    assert stack.ended(run_id, timeout=40)["status"] == "succeeded"


def test_a_port_that_is_taken_gives_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        home = tempfile.mkdtemp(prefix="dvp-")
        stack = Stack(Path(home))
        done = subprocess.run(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env={**stack.env, "DISTVIZ_PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert done.returncode != 0
    lines = (done.stdout + done.stderr).strip().splitlines()
    assert len(lines) == 1
    assert str(port) in lines[0]
    assert "Traceback" not in lines[0]


def test_the_processes_of_a_worker_share_what_they_have_loaded(stack: Stack, account: Callable[[], str]) -> None:
    """A process of its own for each step at hand costs memory for its own work, not for another copy of Django."""
    stack.ended(stack.withdraw("saga", account()))
    children = psutil.Process(stack.pid("worker:payment")).children()
    shares = [memory.uss / memory.rss for memory in (child.memory_full_info() for child in children)]
    assert sorted(shares)[len(shares) // 2] < 0.42


def test_where_no_run_waits_no_pass_counts_messages(stack: Stack) -> None:
    """It would take a connection and some thirty commands, several times a second, of a lab that nobody uses."""
    valkey = Broker(stack).client

    def commands() -> list[int]:
        """Passes that were asked for, and lengths of queues."""
        found: dict[str, dict[str, int]] = valkey.info("commandstats")  # type: ignore[assignment]
        return [found.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("lpush", "llen")]

    def passes_without_counting() -> bool:
        before, counted = commands()
        wait_for(lambda: commands()[0] >= before + 12, 30, "three rounds of passes")
        return commands()[1] == counted

    wait_for(passes_without_counting, 60, "nobody counts messages")


def test_holds_of_a_service_are_counted_one_after_the_other(stack: Stack, account: Callable[[], str]) -> None:
    """Each counts the others that are held, so that one process stays free: none may count before another has told."""
    with psycopg.connect(stack.dsn("default"), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('hold notification'))")
        run = stack.withdraw("saga", account(), "notification.before_tx:hold")
        waits = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        wait_for(lambda: other.execute(waits).fetchone(), 20, "it waits until the other one has told")
        assert not [event for event in stack.events(run) if event["kind"] == "hold"]
    stack.reaches(run, "hold", "held")
    stack.client.post(f"/api/runs/{run}/release")
    assert stack.ended(run)["status"] == "succeeded"


def test_the_newest_emails_are_found_by_an_index(stack: Stack) -> None:
    with pymongo.MongoClient(stack.dsn("notification")) as client:
        found = client.get_default_database("notification")["notifications"].index_information()
    for field in ("sent_at", "withdrawal_id"):
        assert any(field in name for name in found), found  # servers name them in their own ways
