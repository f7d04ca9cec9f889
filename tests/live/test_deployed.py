"""A server that is set up as docs/deploy.md says, and sends its traces somewhere: what the documents tell to type works
as it stands there, whatever is asked is answered, and what was killed comes back. Here everything may be stopped,
killed and reset: each test begins with what it needs."""

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.collector import Spans, collecting
from tests.support.documented import ROOT, RUN, commands, parts
from tests.support.stack import Stack, running, wait_for

DEPLOY = dict(word.split("=", 1) for word in RUN[-1].split()[:-2])
COMMANDS = [one for one in RUN if one.startswith("manage.py ") and one != "manage.py up"]
FORGED = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def collector() -> Iterator[tuple[str, Spans]]:
    with collecting() as found:
        yield found


@pytest.fixture
def traces(collector: tuple[str, Spans]) -> Spans:
    return collector[1]


@pytest.fixture(scope="module")
def deployed(collector: tuple[str, Spans]) -> Iterator[Stack]:
    """With failures switched on again, and for everybody, as the document says one can: some of the commands ask for
    one."""
    env = DEPLOY | {"FAULTS_ENABLED": "1", "LAB_OPEN": "1", "OTEL_EXPORTER_OTLP_ENDPOINT": collector[0]}
    with running(accounts=0, env=env) as instance:
        yield instance


def test_the_server_of_the_document_starts_and_its_roles_are_ready(deployed: Stack) -> None:
    processes = json.loads(deployed.manage("topology", "--json").stdout)["processes"]
    assert [one["role"] for one in processes if not one["ready"]] == []


def test_one_trace_goes_through_all_services_and_databases(deployed: Stack, traces: Spans) -> None:
    deployed.client.headers["traceparent"] = f"00-{FORGED}-00f067aa0ba902b7-01"
    run_id = deployed.withdraw("saga", "bob", "payment.in_tx:error:1")
    del deployed.client.headers["traceparent"]
    run = deployed.ended(run_id)
    services = {"distviz-web", "distviz-worker-account", "distviz-worker-payment", "distviz-worker-notification"}
    found = lambda: traces.get(run["trace_id"], [])  # noqa: E731
    wait_for(lambda: {span.service for span in found()} >= services, 10, "spans of every service")
    wait_for(lambda: {span.id for span in found()} >= _logged(deployed, run_id), 10, "every span that the log names")
    spans = list(found())
    ids = {span.id for span in spans}
    assert [span.parent for span in spans if span.parent not in ids] == [""]  # one root, everybody hangs on it
    attempts = [span for span in spans if span.name == "payment MoneyDeducted"]
    assert len(attempts) == 2
    assert FORGED not in traces  # the caller's trace is not ours, and ours is not the caller's

    handlers = {span.id: span for span in spans if span.name.split(" ")[0] in ("account", "payment", "notification")}
    asked = {
        (handlers[span.parent].name.split(" ")[0], span.facts["db.system"], span.facts.get("db.name", ""))
        for span in spans
        if "db.system" in span.facts
    }  # a handler is the parent of all of them
    assert asked >= {
        ("account", "postgresql", "account"),
        ("account", "postgresql", "default"),
        ("account", "redis", ""),
        ("payment", "postgresql", "payment"),
        ("payment", "redis", ""),
        ("notification", "mongodb", "notification"),
    }
    statements = [span.facts["db.statement"] for span in spans if span.facts.get("db.system") == "postgresql"]
    assert not any("bob" in statement or run_id in statement for statement in statements)  # placeholders, no values
    assert all(any(span.name.startswith("withdraw") for span in group) for group in traces.values())  # no idle noise


def _logged(stack: Stack, run_id: str) -> set[str]:
    return {event["span_id"] for event in stack.events(run_id) if event.get("span_id")}


@pytest.mark.parametrize(
    ("host", "status"),
    [("lab.example.org", 200), ("localhost", 200), ("127.0.0.1:1", 200), ("evil.example", 400)],
)
def test_it_answers_to_its_own_names_alone(deployed: Stack, host: str, status: int) -> None:
    assert httpx.get(f"{deployed.url}/healthz", headers={"Host": host}).status_code == status


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_its_work(deployed: Stack, command: str) -> None:
    words = shlex.split(command.replace("…", "--runs 2 --clients 1 --protocols saga"))[1:]
    assert "Traceback" not in deployed.manage(*words).stderr


def test_the_call_of_the_readme_starts_a_run(deployed: Stack) -> None:
    text = (ROOT / "README.md").read_text()
    call = text[text.index("curl -s localhost:8000") :].partition("```")[0].replace(":8000", f":{deployed.port}")
    done = subprocess.run(["bash", "-c", call], capture_output=True, text=True, timeout=30)
    assert deployed.ended(json.loads(done.stdout)["id"])["status"] == "inconsistent"


def test_a_worker_more(deployed: Stack, tmp_path: Path) -> None:
    """Remote control is off, so nobody can be asked: a worker that has its queues says so in its log."""
    line = next(part for one in commands() for part in parts(one.text) if part.startswith("DISTVIZ_ROLE="))
    role, _celery, *words = line.split()
    env = deployed.env | dict([role.split("=")])
    log = tmp_path / "worker.log"
    with log.open("w") as out:
        command = [sys.executable, "-m", "celery", *words, "-l", "INFO"]
        worker = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: f"{words[-1]} ready" in log.read_text(), 60, "the worker is ready under its name")
    finally:
        worker.send_signal(signal.SIGTERM)
        wait_for(lambda: worker.poll() is not None, 30, "the worker has stopped")


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("how", "most"), [("--few", 400), pytest.param("", 1500, marks=pytest.mark.thorough)])
def test_no_field_of_no_address_makes_a_500(deployed: Stack, how: str, most: int) -> None:
    over = deployed.withdraw("saga", "alice", "payment.in_tx:decline")
    deployed.ended(over)
    parked = deployed.withdraw("outbox", "bob", mode="step")
    words = [sys.executable, "-m", "tests.support.odd_inputs", over, parked, *how.split()]
    env = {name: value for name, value in deployed.env.items() if name not in DEPLOY}
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=840)
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert report["found"] == []
    assert report["asked"] > most


def test_up_again_after_kill_minus_nine_of_everything(deployed: Stack) -> None:
    deployed.manage("seed", "--accounts", "12")
    paid, open_ = "account-11", "account-12"
    before = deployed.withdraw("saga", paid)
    assert deployed.ended(before)["status"] == "succeeded"
    held = deployed.withdraw("saga", open_, "payment.in_tx:hold")
    deployed.reaches(held, "hold", "held")
    family = deployed.family()
    for process in family:
        if process.is_running():
            process.kill()
    psutil.wait_procs(family, timeout=10)
    assert deployed.process is not None
    deployed.process.wait(timeout=10)

    deployed.start(accounts=0)
    assert deployed.run(before)["status"] == "succeeded"
    assert deployed.ended(held, timeout=60)["status"] == "succeeded"
    assert deployed.balance("saga", open_) == "900.00"
    assert deployed.manage("books", check=False).returncode == 0
    assert deployed.stop() == 0
