"""A real `manage.py up` of its own: real servers, real workers, a home and ports of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar
from unittest.mock import patch

import httpx
import psutil
import psycopg
import pymongo
from psycopg.rows import dict_row

from distviz.stack import layout
from tests.support import prepared
from tests.support.commands import ROOT, Command

QUICK = {
    "RETRY_BASE_MS": "50",
    "RETRY_MAX": "3",
    "SWEEP_AFTER": "1",
    "RECOVERY_INTERVAL": "0.5",
    "RECOVERY_MIN_AGE": "0.5",
    "T_TERM": "10",
    "LOCK_TIMEOUT_MS": "500",
    "VISIBILITY_TIMEOUT": "10",
    "RUNS_PER_SECOND": "1000",
    "MAX_OPEN_RUNS": "1000",
}
ACCOUNTS = 4000  # more than all tests together use: one process may come to do nearly all of them
T = TypeVar("T")
FINAL = {"succeeded", "declined", "failed", "compensated", "inconsistent", "needs_attention"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(question: Callable[[], T], timeout: float = 30, what: str = "") -> T:
    """Ask until the answer is true, and fail with the last answer at the deadline. What takes longer is asked less
    often: a question costs the stack what it could do meanwhile."""
    began = time.monotonic()
    deadline = began + timeout
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what or question}; last answer {answer!r}")
        time.sleep(min(0.25, 0.02 + (time.monotonic() - began) / 20))


class Stack:
    """One running instance, reached as its users reach it: HTTP, its databases, its processes."""

    def __init__(self, home: Path, *flags: str, env: dict[str, str] | None = None) -> None:
        self.home, self.flags, self.port = home, flags, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {**os.environ, **QUICK, **(env or {}), "DISTVIZ_HOME": str(home), "DISTVIZ_PORT": str(self.port)}
        self.client = httpx.Client(base_url=self.url, timeout=15)
        self.process: subprocess.Popen[bytes] | None = None
        self.accounts = 0
        self._at: layout.Layout | None = None

    # --- life ---------------------------------------------------------------------------------------------------
    def start(self, accounts: int = ACCOUNTS) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        self._at = None
        with (self.home / "up.out").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", *self.flags], cwd=ROOT, env=self.env, stdout=out, stderr=out
            )
        wait_for(self.ready, 120, "the stack is ready")
        self.accounts = accounts or self.accounts
        if accounts:
            self.manage("seed", "--accounts", str(accounts))
        return self

    def ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"`up` ended with {self.process.returncode}:\n{self.output()[-3000:]}")
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def output(self) -> str:
        return (self.home / "up.out").read_text(errors="replace")

    def stop(self) -> int:
        """Ctrl-C. Returns the exit status of `up`."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def family(self) -> list[psutil.Process]:
        assert self.process is not None
        launcher = psutil.Process(self.process.pid)
        return [launcher, *launcher.children(recursive=True)]

    # --- talking to it --------------------------------------------------------------------------------------------
    def manage(self, *args: str, check: bool = True, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        done = Command(args, self.env).end(timeout)
        if check and done.returncode:
            raise AssertionError(f"manage.py {' '.join(args)} → {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def reset(self) -> None:
        """Forget every run. There are as many accounts as before: those that nobody has had yet, too."""
        self.manage("reset", "--accounts", str(self.accounts))

    def at_once(self, *commands: str) -> list[int]:
        """The exit codes of several `manage.py` commands that run at the same time."""
        started = [Command(tuple(words.split()), self.env) for words in commands]
        return [command.end().returncode for command in started]

    def topology(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.manage("topology", "--json").stdout)
        return found

    def pid(self, role: str) -> int:
        """Of the role's parent process; 0 while there is none."""
        processes = json.loads((self.home / "stack.json").read_text())["processes"]
        return int(processes[role]["pid"] or 0)

    def back(self, role: str, killed: int) -> None:
        """Wait until a killed role is running again."""
        wait_for(lambda: self.pid(role) not in (0, killed), 30, f"{role} is started again")

    def kill(self, role: str) -> int:
        """kill -9 of a role's parent process. Returns its pid."""
        pid = self.pid(role)
        assert pid, f"{role} is not running"
        os.kill(pid, signal.SIGKILL)
        return pid

    @contextmanager
    def paused(self, pid: int) -> Iterator[None]:
        """A process and its children that stand still, as after a long swap or a suspended machine."""
        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                if process.is_running():
                    process.resume()

    def prepared(self, like: str = "dv:%") -> list[str]:
        """The prepared transactions on both services' servers."""
        names = "SELECT gid FROM pg_prepared_xacts WHERE gid LIKE %s"
        return [row["gid"] for alias in ("account", "payment") for row in self.sql(alias, names, like)]

    def at(self) -> layout.Layout:
        """Where everything is, as its superuser: tests also do what no process may."""
        if self._at is None:
            with patch.dict(os.environ, {"DISTVIZ_HOME": str(self.home)}):
                self._at = layout.load(admin=True)
        return self._at

    def dsn(self, alias: str) -> str:
        return self.at().dsn(alias)

    def sql(self, alias: str, query: str, *params: object, **named: object) -> list[dict[str, Any]]:
        """Straight to the database, past everything that distviz says of itself."""
        with psycopg.connect(self.dsn(alias), row_factory=dict_row, autocommit=True) as connection:
            cursor = connection.execute(query, named or params)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def notifications(self, withdrawal: str) -> list[dict[str, Any]]:
        with pymongo.MongoClient(self.dsn("notification")) as client:
            documents = client.get_default_database("notification")["notifications"]
            return list(documents.find({"withdrawal_id": withdrawal}))

    # --- runs -----------------------------------------------------------------------------------------------------
    def withdraw(self, protocol: str, account: str, *faults: str, amount: str = "100.00", **body: Any) -> str:
        """Ask for a withdrawal; faults as `payment.in_tx:crash[:times[:ms]]`. Returns the run's id."""
        asked = {"protocol": protocol, "account": account, "amount": amount, **body}
        asked["faults"] = [_fault(fault) for fault in faults]
        answer = self.client.post("/api/runs", json=asked)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/api/runs/{run_id}").raise_for_status().json()
        return found

    def events(self, run_id: str) -> list[dict[str, Any]]:
        answer = self.client.get(f"/api/runs/{run_id}/events").raise_for_status().json()
        found: list[dict[str, Any]] = answer["events"] if isinstance(answer, dict) else answer
        return found

    def ended(self, run_id: str, timeout: float = 30) -> dict[str, Any]:
        """The run once it is at an end."""

        def over() -> dict[str, Any] | None:
            run = self.run(run_id)
            return run if run["status"] in FINAL else None

        found = wait_for(over, timeout, f"run {run_id} is over")
        assert found is not None
        return found

    def reaches(self, run_id: str, kind: str, phase: str, timeout: float = 30) -> dict[str, Any]:
        """The first event of that kind and phase, as soon as it is in the log."""

        def there() -> dict[str, Any] | None:
            return next((e for e in self.events(run_id) if (e["kind"], e["phase"]) == (kind, phase)), None)

        found = wait_for(there, timeout, f"{kind}/{phase} in {run_id}")
        assert found is not None
        return found

    def balance(self, protocol: str, account: str) -> str:
        return str(self.client.get(f"/api/accounts/{protocol}/{account}").raise_for_status().json()["balance"])

    def books(self) -> dict[str, Any]:
        return dict(self.client.get("/api/books").raise_for_status().json())


def _fault(text: str) -> dict[str, Any]:
    at, do, *numbers = text.split(":")
    return {"at": at, "do": do, **dict(zip(("times", "ms"), map(int, numbers), strict=False))}


def _make(home: Path) -> None:
    """A first start, all of it, and a clean end."""
    stack = Stack(home)
    try:
        stack.start()
    finally:
        assert stack.stop() == 0, stack.output()[-3000:]


@contextmanager
def running(*flags: str, accounts: int = ACCOUNTS, env: dict[str, str] | None = None) -> Iterator[Stack]:
    """A stack for one test or module; nothing is left of it afterwards. It begins with the prepared home, and has its
    accounts; where another number of them matters, with nothing."""
    home = Path(tempfile.mkdtemp(prefix="dvs-"))
    stack = Stack(home, *flags, env=env)
    try:
        if accounts in (0, ACCOUNTS) and prepared.copy(home, env or {}, _make):
            stack.accounts, accounts = ACCOUNTS, 0
        yield stack.start(accounts)
    finally:
        if stack.process is not None and stack.process.poll() is None:
            family = stack.family()
            stack.stop()
            left = [process for process in family if process.is_running() and process.status() != "zombie"]
            for process in left:
                process.kill()
            assert not left, f"`up` left processes behind: {left}"
        shutil.rmtree(home, ignore_errors=True)


def with_threads(stack: Stack, role: str) -> psutil.Process:
    """The one of a worker's processes that has threads, and handles what is nothing special."""
    plain = f"{role.removeprefix('worker:')}.plain@"
    return next(one for one in psutil.Process(stack.pid(role)).children() if plain in " ".join(one.cmdline()))
