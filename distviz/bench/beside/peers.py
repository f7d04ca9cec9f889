"""Other libraries, in an environment of their own below the home: made when they are first asked for."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from typing import Any

from django.conf import settings

from distviz.bench.asked import BenchAsked
from distviz.bench.beside.floor import Recorder
from distviz.bench.beside.own import OwnDatabases, last_json, make_database, renamed
from distviz.errors import Unavailable
from distviz.services import floors
from distviz.stack import layout
from distviz.stack.process import tied
from protocols.floor import FLOORS, chained

REQUIREMENTS = layout.CHECKOUT / "requirements-peers.txt"
INSTALL_S, SLACK_S = 600, 180
Say = Callable[[str], None]


@dataclass(frozen=True)
class Peer:
    """A program, and what its answer is compared with: runs of the saga, or rates by their names."""

    name: str
    program: str
    rates: tuple[str, ...] = ()


PEERS = (
    Peer("dbos", "dbos_workflow"),
    Peer("saga-framework", "saga_orchestrator"),
    Peer("django-outbox-pattern", "outbox_relay", rates=("relay",)),
    Peer("eventsourcing", "event_store", rates=("append", "fold")),
)


def folder() -> Path:
    return layout.home() / "peers"


def install(say: Say) -> None:
    """Raises Unavailable with pip's last words if they cannot be had."""
    mark, wanted = folder() / "installed.txt", REQUIREMENTS.read_text()
    if mark.exists() and mark.read_text() == wanted:
        return
    say("peers: installing")
    _work([sys.executable, "-m", "venv", "--clear", str(folder())])
    pip = [str(_python()), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", str(REQUIREMENTS)]
    _work(pip)
    mark.write_text(wanted)


def measure(own: OwnDatabases, peer: Peer, asked: BenchAsked, accounts: list[str]) -> dict[str, Any]:
    """Figures of its runs, or {rate: per second}. Raises Unavailable with its last words if it fails."""
    more = {
        "broker": settings.BROKER_URL,
        "hops": statements(asked),
        "amount": asked.amount,
        "accounts": accounts,
        "workers": settings.WORKER_CONCURRENCY,
        **{name: getattr(asked, name) for name in ("clients", "seconds", "runs")},
    }
    databases = {**own.databases, "peers": renamed(own.databases["default"], f"bench_{_plain(peer.name)}")}
    make_database(databases["peers"])
    with OwnDatabases(databases, own.notification).written(_plain(peer.name), **more) as path:
        command = [*tied(SIGTERM), str(_python()), "-m", f"distviz.bench.peers.{peer.program}", str(path)]
        found: dict[str, Any] = last_json(_work(command, asked.seconds * 3 + SLACK_S))
    return found


def statements(asked: BenchAsked) -> list[list[dict[str, Any]]]:
    """Only the money and the email: what is received and what is open, a library knows by itself."""
    request = FLOORS[chained()].request(
        tx_id="00000000-0000-4000-8000-000000000000", user_id="{account}", amount=asked.sum
    )
    recorders = [Recorder(request) for _n in range(3)]
    floors.deduct(recorders[0], request)
    floors.charge(recorders[1], request)
    recorders[2].email(request, "withdrawn")
    return [recorder.asked for recorder in recorders]


def _python() -> Path:
    return folder() / "bin" / "python"


def _plain(name: str) -> str:
    return name.replace("-", "_")


def _work(command: list[str], timeout: float = INSTALL_S) -> str:
    """Of the lab's environment nothing but what the system needs."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("DJANGO_", "DISTVIZ_"))}
    words = Path(command[-1]).name
    try:
        done = subprocess.run(
            command, cwd=layout.CHECKOUT, env=kept, capture_output=True, text=True, timeout=timeout, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable("bench_beside_failed", what=words, text=f"no answer ({type(error).__name__})") from None
    if done.returncode:
        raise Unavailable("bench_beside_failed", what=words, text=_last(done.stderr or done.stdout))
    return done.stdout


def _last(text: str) -> str:
    return " / ".join(text.strip().splitlines()[-3:])[-300:]
