"""Processes that stand still (SIGSTOP): whole servers, and single sessions of a server whose other sessions work."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import psutil
from django.urls import get_resolver

from tests.support.odd_inputs import addresses, filled
from tests.support.stack import Stack

SERVERS = ("postgres:lab", "postgres:account", "postgres:payment", "mongo", "valkey")
_SESSIONS = """
SELECT pid FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND starts_with(application_name, 'distviz ')
"""


@contextmanager
def frozen(pids: Iterable[int]) -> Iterator[None]:
    stopped = list(pids)
    for pid in stopped:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def read_only(stack: Stack, alias: str) -> Iterator[None]:
    """The whole server of this database takes no writes, in sessions that there are too."""
    stack.sql(alias, "ALTER SYSTEM SET default_transaction_read_only = on")
    stack.sql(alias, "SELECT pg_reload_conf()")
    try:
        yield
    finally:
        stack.sql(alias, "ALTER SYSTEM RESET default_transaction_read_only")
        stack.sql(alias, "SELECT pg_reload_conf()")


def lines(stack: Stack) -> Counter[str]:
    """How many there are in each log."""
    return Counter({path.name: path.read_bytes().count(b"\n") for path in (stack.home / "log").glob("*.log")})


def server(stack: Stack, role: str) -> list[int]:
    """The processes of a server: PostgreSQL's sessions too."""
    parent = psutil.Process(stack.pid(role))
    return [parent.pid, *(child.pid for child in parent.children(recursive=True))]


def sessions(stack: Stack) -> list[int]:
    """The processes behind all sessions that distviz has on its PostgreSQL servers now."""
    return [row["pid"] for alias in ("default", "account", "payment") for row in stack.sql(alias, _SESSIONS)]


def every_address(runs: list[str]) -> list[str]:
    """Whatever the resolver knows and GET may be asked of, with what exists in its places."""
    found = []
    for route, converters, _name in addresses(get_resolver().url_patterns):
        if route.startswith(("admin/", "static")) or "logout" in route or "<path:" in route:
            continue
        found.append(next(path for path, exists in filled(route, converters, runs) if exists))
    return list(dict.fromkeys(found))


def asked(stack: Stack, path: str) -> tuple[float, int, list[str] | None]:
    """How long an answer takes, its status, and which databases it says did not answer; None if it does not say so."""
    began = time.monotonic()
    answer = stack.client.get(path, timeout=40)
    took = time.monotonic() - began
    unanswered = answer.json().get("unanswered") if answer.status_code == 503 and path.startswith("/api/") else None
    return took, answer.status_code, unanswered
