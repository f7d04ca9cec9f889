"""What the launcher leaves for others and for its next start: the lock, the ports, stack.json, the secrets."""

import contextlib
import errno
import fcntl
import json
import os
import secrets
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from distviz.stack import asroot, layout, logins
from distviz.stack.env import refuse

MARK = "DISTVIZ_LAUNCHED_FOR"  # in the environment of every process that a launcher starts


def lock() -> TextIO:
    """One launcher per home. The kernel drops the lock with the process, so a kill -9 leaves none behind."""
    try:
        make_home()
        file = (layout.home() / "up.lock").open("a+")
    except OSError as error:
        refuse(f"DISTVIZ_HOME={str(layout.home())!r} cannot be used: {error.strerror}")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stack = layout.read_stack()
        refuse(f"already running here (pid {stack.get('pid')}): {stack.get('url')}; stop it with Ctrl-C first")
    return file


def save(at: Path, content: dict[str, Any], mode: int = 0o644) -> None:
    write(at, json.dumps(content, indent=1) + "\n", mode)


def write(at: Path, text: str, mode: int) -> None:
    """Whole or not at all: readers never see half a file."""
    fresh = at.with_name(f"{at.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    fresh.replace(at)


def make_secrets() -> None:
    """Generated once per home; nothing secret has a default. A home of an older version gets those that it lacks."""
    at = layout.home() / "secrets.json"
    lengths = {"django": 50, "postgres": 24, "admin": 12}
    lengths |= {f"postgres:{role}": 24 for role in logins.ROLES}
    lengths |= {f"valkey:{user}": 24 for user in layout.VALKEY_USERS}
    kept = {name: found for name in lengths if (found := layout.secret(name))}
    if kept.keys() != lengths.keys():
        save(at, {name: kept.get(name) or secrets.token_urlsafe(long) for name, long in lengths.items()}, mode=0o600)
        layout.forget_secrets()
    users = {layout.PG_USER: "postgres", **{role: f"postgres:{role}" for role in logins.ROLES}}
    write(layout.passwords(), "".join(f"*:*:*:{user}:{layout.secret(name)}\n" for user, name in users.items()), 0o600)


def make_home() -> None:
    """Its owner's alone. Where PostgreSQL has to run as the user nobody, that one may pass through and see nothing;
    nor is the owner of a home that root uses shut out of it."""
    home = layout.home()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if home.stat().st_uid != os.getuid():
        home.chmod(0o711)
    elif os.getuid() == 0 and asroot.runs_as_nobody():
        os.chown(home, -1, asroot.NOBODY)
        home.chmod(0o710)
    else:
        home.chmod(0o700)


def make_sockets() -> str:
    """The folder of the sockets; "" if that is the one in the home."""
    own = layout.home() / "run"
    return "" if len(str(own)) <= layout.LONGEST else tempfile.mkdtemp(prefix="dv-")


def obstacle(host: str, port: int) -> OSError | None:
    """Why a server cannot listen there. Asked the way servers ask: an ended one's connections do not count."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
            trial.listen(1)
        except OSError as error:
            return error
        return None


def free(port: int) -> bool:
    return obstacle("127.0.0.1", port) is None


def must_listen(host: str, port: int) -> None:
    """Before anything is started, so that there is nothing to clean up."""
    error = obstacle(host, port)
    if error and error.errno == errno.EADDRINUSE:
        refuse(f"port {port} of {host} is taken: stop what listens there, or set DISTVIZ_PORT to another one")
    if error:
        refuse(f"DISTVIZ_HOST={host!r} with DISTVIZ_PORT={port} cannot be listened on: {error.strerror}")


class PortTaken(OSError):
    """Something else listens there."""


def must_be_free(port: int) -> None:
    if not free(port):
        raise PortTaken(errno.EADDRINUSE, f"port {port} is taken")


def choose_ports() -> dict[str, int]:
    """The same ports as last time while they are free: a bookmark or an open psql survives a restart."""
    wanted = layout.load().ports
    chosen: dict[str, int] = {}
    for server in layout.SERVERS:
        port = wanted[server]
        if port in chosen.values() or not free(port):
            port = another_port(chosen)
        chosen[server] = port
    return chosen


def another_port(chosen: dict[str, int]) -> int:
    return next(port for port in range(15_000, 32_000) if port not in chosen.values() and free(port))


def leftovers() -> list[int]:
    """Processes of an earlier launcher of this home that are still there: they carry its mark, or, since PostgreSQL
    writes over its environment, they sit in one of its data folders."""
    mark = f"{MARK}={layout.home()}".encode()
    folders = {str(layout.home() / f"pg-{server}") for server in layout.PG_SERVERS}
    return sorted(
        {*_processes(lambda entry: mark in (entry / "environ").read_bytes().split(b"\0")), *working_in(folders)}
    )


def working_in(folders: set[str]) -> list[int]:
    return _processes(lambda entry: os.readlink(entry / "cwd") in folders)


def _processes(ours: Callable[[Path], bool]) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        with contextlib.suppress(OSError):  # gone, or another user's
            if ours(entry) and pid != os.getpid() and alive(pid):
                found.append(pid)
    return found


def alive(pid: int) -> bool:
    """A zombie is dead: where it is not reaped, its number stays."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return status not in {"Z", "X"}


def clear_leftovers(seconds: float = 5) -> int:
    """Give them a moment (the kernel has just told them to stop), then kill them. Returns how many there were."""
    seen = leftovers()
    until = time.monotonic() + seconds
    while (left := leftovers()) and time.monotonic() < until:
        time.sleep(0.05)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while leftovers() and time.monotonic() < until + 5:
        time.sleep(0.05)
    return len(seen)
