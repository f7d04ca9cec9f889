"""Nobody else gets at the servers, the files or the passwords of a running lab."""

import json
import os
import socket
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import psutil
import pymongo
import pytest
import redis

from distviz.stack import layout, servers
from tests.support.stack import Stack

T = TypeVar("T")


def secrets(stack: Stack) -> dict[str, str]:
    found: dict[str, str] = json.loads((stack.home / "secrets.json").read_text())
    return found


def valkey(stack: Stack, user: str) -> "redis.Redis":
    port = json.loads((stack.home / "stack.json").read_text())["ports"]["valkey"]
    return redis.Redis(port=port, username=user, password=secrets(stack)[f"valkey:{user}"])


def living(stack: Stack, ask: Callable[[psutil.Process], T]) -> list[tuple[psutil.Process, T]]:
    """Each process of the lab with its answer; one that ends while it is asked has none."""
    found = []
    for process in stack.family():
        with suppress(psutil.NoSuchProcess):
            found.append((process, ask(process)))
    return found


def opened_by(process: psutil.Process) -> list[Path]:
    files = [Path(file.path) for file in process.open_files()]
    return files + [Path(at.laddr) for at in process.net_connections("unix") if at.laddr]


def test_its_own_processes_are_refused_nothing(stack: Stack, account: Callable[[], str]) -> None:
    """First in this file: the others are refused on purpose."""
    for protocol in ("dual_write", "saga", "outbox"):
        stack.ended(stack.withdraw(protocol, account(), "payment.in_tx:crash"))
    refused = [entry for entry in valkey(stack, "admin").acl_log() if entry["reason"] != "auth"]
    assert refused == []


def test_valkey_answers_nobody_without_a_password(stack: Stack) -> None:
    port = json.loads((stack.home / "stack.json").read_text())["ports"]["valkey"]
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis(port=port).ping()
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis(port=port, username="broker", password="guessed").ping()


FORBIDDEN = [
    ("broker", "FLUSHALL"),
    ("broker", "FLUSHDB"),
    ("broker", "CONFIG GET *"),
    ("broker", "CONFIG SET maxmemory 1"),
    ("broker", "KEYS *"),
    ("broker", "SHUTDOWN"),
    ("broker", "MONITOR"),
    ("broker", "ACL LIST"),
    ("broker", "SET another 1"),
    ("live", "FLUSHALL"),
    ("live", "LPUSH dv:payment garbage"),
    ("live", "DEL dv:payment"),
    ("live", "SET dv:another 1"),
    ("live", "PUBLISH dv:/0.celery.pidbox x"),
    ("live", "CONFIG GET *"),
]


@pytest.mark.parametrize(("user", "command"), FORBIDDEN)
def test_a_user_of_valkey_has_what_it_needs(stack: Stack, user: str, command: str) -> None:
    client = valkey(stack, user)
    assert client.ping()
    with pytest.raises(redis.exceptions.NoPermissionError):
        client.execute_command(*command.split())
    valkey(stack, "admin").acl_log_reset()


def test_only_valkey_and_the_web_listen_on_a_port(stack: Stack) -> None:
    listening = {}
    for role, process in json.loads((stack.home / "stack.json").read_text())["processes"].items():
        found = psutil.Process(process["pid"])
        for one in [found, *found.children(recursive=True)]:
            ports = {at.laddr.port for at in one.net_connections("inet") if at.status == psutil.CONN_LISTEN}
            listening[role] = listening.get(role, set()) | ports
    assert {role for role, ports in listening.items() if ports} == {"web", "valkey"}


def test_the_documents_are_reached_through_the_home_alone(stack: Stack) -> None:
    with pymongo.MongoClient(stack.topology()["databases"]["notification"]["dsn"]) as client:
        assert client.admin.command("ping")["ok"]
    at = stack.home / "run" / "mongo.sock"
    assert stat.S_ISSOCK(at.stat().st_mode)
    assert not stat.S_IMODE(at.stat().st_mode) & 0o077
    port = json.loads((stack.home / "stack.json").read_text())["ports"]["mongo"]
    with socket.socket() as trial:
        assert trial.connect_ex(("127.0.0.1", port)) != 0


def test_the_home_is_its_owners_alone(stack: Stack) -> None:
    assert stat.S_IMODE(stack.home.stat().st_mode) in (0o700, 0o710)
    assert stat.S_IMODE((stack.home / "run").stat().st_mode) == 0o700
    for name in ("secrets.json", "pgpass", "valkey/users.acl", "pg-lab/pg_hba.conf"):
        assert stat.S_IMODE((stack.home / name).stat().st_mode) == 0o600, name


def test_nothing_is_in_the_shared_folder(stack: Stack) -> None:
    shared = Path(tempfile.gettempdir())
    for process, opened in living(stack, opened_by):
        outside = [path for path in opened if path.is_relative_to(shared) and not path.is_relative_to(stack.home)]
        assert outside == [], process
    assert not (shared / f"dv-{tag(stack)}").exists()


def tag(stack: Stack) -> str:
    kept = os.environ.get("DISTVIZ_HOME", "")
    os.environ["DISTVIZ_HOME"] = str(stack.home)
    try:
        return layout.tag()
    finally:
        os.environ["DISTVIZ_HOME"] = kept


def test_no_password_is_told(stack: Stack) -> None:
    hidden = {name: value for name, value in secrets(stack).items() if name != "admin"}  # shown once, on the console
    commands = living(stack, lambda process: " ".join(process.cmdline()))
    texts = {f"the command line of {one.pid}": text for one, text in commands}
    texts |= {str(path): path.read_text(errors="replace") for path in (stack.home / "log").glob("*.log*")}
    texts |= {
        str(path): path.read_text(errors="replace") for path in (stack.home / "up.out", stack.home / "stack.json")
    }
    texts |= {"/readyz": stack.client.get("/readyz").text, "topology": stack.manage("topology").stdout}
    texts |= {"/api/docs": stack.client.get("/api/openapi.json").text}
    for place, text in texts.items():
        assert [name for name, value in hidden.items() if value in text] == [], place
    databases = json.dumps(stack.topology()["databases"])
    assert [name for name, value in hidden.items() if value in databases] == []


def test_the_acl_is_what_is_documented() -> None:
    assert set(servers.VALKEY) == set(layout.VALKEY_USERS)
