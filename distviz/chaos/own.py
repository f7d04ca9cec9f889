"""A stack of its own in a temporary home, reached as its users and operators reach it: HTTP, commands, databases,
processes. Nothing of the environment leads to another instance."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import psycopg
import redis
from psycopg.rows import dict_row

from distviz.chaos.schedule import VISIBILITY_S
from distviz.errors import Unavailable
from distviz.stack import layout
from distviz.stack.env import URLS
from distviz.stack.process import tied
from distviz.stack.state import MARK

START_S, STOP_S = 180.0, 40.0
# Quicker than the defaults, so that a short run meets every time-out: what gives up after T_TERM / 2 of silence has
# given up before a long pause is over.
TIMING = {
    "VISIBILITY_TIMEOUT": str(VISIBILITY_S),
    "SWEEP_AFTER": "2",
    "RECOVERY_INTERVAL": "0.5",
    "RECOVERY_MIN_AGE": "1",
    "LOCK_TIMEOUT_MS": "1000",
    "IDLE_IN_TX_MS": "8000",
    "RETRY_BASE_MS": "100",
    "RETRY_MAX": "4",
    "RUNS_PER_SECOND": "1000",
    "MAX_OPEN_RUNS": "5000",
    "T_TERM": "10",
}

# How another lab is shared with others, and who listens to it, is nothing to this one.
SHARED = (
    "ALLOWED_HOSTS",
    "ANSWER_TIMEOUT_MS",
    "COSTLY_PER_MINUTE",
    "DISTVIZ_AS",
    "DISTVIZ_HTTPS",
    "LAB_OPEN",
    "MAX_BODY_KIB",
    "MAX_CONNECTIONS",
    "MAX_CONNECTIONS_PER_CLIENT",
    "MAX_OPEN_RUNS_PER_CLIENT",
    "TRUSTED_PROXIES",
    "WAIT_MAX_SECONDS",
)
FOREIGN = ("OTEL_",)  # how they begin


class Interrupted(Exception):
    """Nobody wants it any more, and it has not even begun."""


def environment(home: Path, port: int, outside: Mapping[str, str]) -> dict[str, str]:
    """Of everything that is started: no address of another instance, a home and a port of its own."""
    foreign = {*URLS, *SHARED, MARK, "DISTVIZ_ROLE"}
    kept = {name: value for name, value in outside.items() if name not in foreign and not name.startswith(FOREIGN)}
    own = {"DISTVIZ_HOME": str(home), "DISTVIZ_HOST": "127.0.0.1", "DISTVIZ_PORT": str(port), "FAULTS_ENABLED": "on"}
    return {**kept, **TIMING, **own}


class OwnStack:
    """One instance. `with Own() as stack` stops it and forgets its home, unless `keep` is set by then."""

    def __init__(self, interrupted: threading.Event) -> None:
        self.interrupted = interrupted
        self.home = Path(tempfile.mkdtemp(prefix="dv-chaos-"))
        self.port = _free_port()
        self.env = environment(self.home, self.port, os.environ)
        self.keep = False
        self.places: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()
        if not self.keep:
            shutil.rmtree(self.home, ignore_errors=True)

    # --- life ---------------------------------------------------------------------------------------------------
    def start(self, accounts: int, opening: str) -> None:
        """Raises Unavailable if it does not come up."""
        out = (self.home / "up.out").open("ab")
        with out:
            self._process = subprocess.Popen(
                [*tied(signal.SIGTERM), sys.executable, str(layout.CHECKOUT / "manage.py"), "up"],
                cwd=layout.CHECKOUT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C is for the command, which heals first
            )
        if not self.waited(self.ready, START_S):
            if self.interrupted.is_set():
                raise Interrupted
            raise Unavailable("chaos_no_start", text=self._last_words())
        self.places = json.loads(self.manage("topology", "--json").stdout)
        self.manage("reset", "--accounts", str(accounts), "--balance", opening)

    def stop(self) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()  # its processes are told by the kernel
            process.wait(STOP_S)

    def waited(self, question: Callable[[], bool], seconds: float, every: float = 0.1) -> bool:
        """Whether the answer became true in time, and before somebody wanted no more of it."""
        deadline = time.monotonic() + seconds
        while not question():
            if time.monotonic() > deadline or self.interrupted.wait(every):
                return False
        return True

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _last_words(self) -> str:
        return " / ".join((self.home / "up.out").read_text(errors="replace").strip().splitlines()[-4:])

    # --- as its users and operators reach it ----------------------------------------------------------------------
    def get(self, path: str, timeout: float = 10) -> tuple[int, Any]:
        """The status and the JSON. Raises OSError or HTTPException where there is no answer."""
        return call(self.port, "GET", path, timeout=timeout)

    def ready(self) -> bool:
        if not self.alive():
            raise Unavailable("chaos_no_start", text=self._last_words())
        try:
            return self.get("/readyz", timeout=5)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def complaint(self) -> str:
        """What /readyz says is not there."""
        try:
            _status, answer = self.get("/readyz")
        except (OSError, http.client.HTTPException) as error:
            return str(error)
        return json.dumps(answer)[:300]

    def manage(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(layout.CHECKOUT / "manage.py"), *words]
        done = subprocess.run(
            command, cwd=layout.CHECKOUT, env=self.env, capture_output=True, text=True, timeout=180, check=False
        )
        if check and done.returncode:
            raise Unavailable("chaos_command_failed", words=" ".join(words), text=done.stderr.strip()[-300:])
        return done

    @contextlib.contextmanager
    def session(self, alias: str, **settings: str) -> Iterator["psycopg.Connection[dict[str, Any]]"]:
        """Straight to the database, past everything that distviz says of itself."""
        options = " ".join(f"-c {name}={value}" for name, value in {"statement_timeout": "10000", **settings}.items())
        dsn = self.places["databases"][alias]["dsn"]
        with psycopg.connect(
            dsn, autocommit=True, connect_timeout=3, options=options, row_factory=dict_row
        ) as connection:
            yield connection

    def sql(self, alias: str, query: Any, **params: object) -> list[dict[str, Any]]:
        with self.session(alias) as connection:
            return connection.execute(query, params).fetchall()

    def broker(self) -> "redis.Redis":
        return redis.Redis.from_url(self.places["broker"]["url"], socket_timeout=3, socket_connect_timeout=3)

    def pid(self, role: str) -> int:
        """Of the role's parent process, which leads a session of its own; 0 while there is none."""
        return int(self._processes().get(role, {}).get("pid") or 0)

    def _processes(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.home / "stack.json").read_bytes())["processes"])
        except (OSError, ValueError, KeyError):
            return {}


def call(port: int, method: str, path: str, body: object = None, key: str = "", timeout: float = 10) -> tuple[int, Any]:
    """One request on a connection of its own."""
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
    try:
        web.request(method, path, None if body is None else json.dumps(body), headers)
        answer = web.getresponse()
        text = answer.read()
    finally:
        web.close()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        return answer.status, None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
