"""What the documents tell to type works as it stands there, on a server that is set up as docs/deploy.md says."""

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from tests.support.documented import ROOT, RUN, commands, parts
from tests.support.stack import Stack, running, wait_for

DEPLOY = RUN[-1].split()[:-2]
COMMANDS = [one for one in RUN if one.startswith("manage.py ") and one != "manage.py up"]


@pytest.fixture(scope="module")
def deployed() -> Iterator[Stack]:
    """With failures switched on again, as the document says one can: some of the commands ask for one."""
    env = dict(word.split("=", 1) for word in DEPLOY) | {"FAULTS_ENABLED": "1"}
    with running(accounts=0, env=env) as instance:
        yield instance


def test_the_server_of_the_document_starts_and_its_roles_are_ready(deployed: Stack) -> None:
    processes = json.loads(deployed.manage("topology", "--json").stdout)["processes"]
    assert [one["role"] for one in processes if not one["ready"]] == []


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


def test_a_worker_more(deployed: Stack) -> None:
    line = next(part for one in commands() for part in parts(one.text) if part.startswith("DISTVIZ_ROLE="))
    role, _celery, *words = line.split()
    env = deployed.env | dict([role.split("=")])
    celery = [sys.executable, "-m", "celery"]
    worker = subprocess.Popen([*celery, *words], cwd=ROOT, env=env, stdout=-3, stderr=-3)

    def answers() -> bool:
        asked = [*celery, "-A", "distviz", "inspect", "ping", "-d", words[-1]]
        done = subprocess.run(asked, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
        return "pong" in done.stdout

    try:
        wait_for(answers, 60, "the worker answers under its name")
    finally:
        worker.send_signal(signal.SIGTERM)
        wait_for(lambda: worker.poll() is not None, 30, "the worker has stopped")
