"""What a stack costs that does nothing, and how long it takes to start: `python -m tests.support.at_rest [--starts N]`.

It starts stacks of its own with the default settings: cold (no home), then warm (the same home again). First page: `/`
answers 200. Workers: `up` says that every worker is ready. Memory is PSS, which counts shared pages once, added up over
every process of the stack; after the work at once, and when the processes that it needed have been ended. Statements
are PostgreSQL's transactions (each statement outside of one is one), commands are Valkey's, both over QUIET_S seconds
in which nobody asks for anything.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil
import redis

from tests.support.stack import QUICK, ROOT, Stack, wait_for

QUIET_S, SETTLE_S = 20.0, 5.0
ENDED_S = 130.0  # processes of workers that have nothing to do are ended by then, see distviz/trace/pool.py
READY = "every worker is ready"
_DONE = "SELECT sum(xact_commit + xact_rollback)::bigint AS n FROM pg_stat_database"


def start(home: Path) -> tuple[Stack, dict[str, float]]:
    """A started stack and its times: seconds to the first page and to every worker ready."""
    stack = Stack(home)
    for name in QUICK:
        stack.env.pop(name, None)
    said = len(stack.output()) if (home / "up.out").exists() else 0
    began = time.monotonic()
    stack.process = _up(stack)
    try:
        wait_for(lambda: _answers(stack), 120, "the first page")
        page = time.monotonic() - began
        wait_for(lambda: READY in stack.output()[said:], 120, READY)
    except BaseException:  # interrupted: nobody else knows of it yet
        stack.stop()
        raise
    return stack, {"page_s": round(page, 1), "workers_s": round(time.monotonic() - began, 1)}


def _up(stack: Stack) -> Any:
    with (stack.home / "up.out").open("ab") as out:
        return subprocess.Popen([sys.executable, "manage.py", "up"], cwd=ROOT, env=stack.env, stdout=out, stderr=out)


def _answers(stack: Stack) -> bool:
    try:
        return stack.client.get("/").status_code == 200
    except httpx.HTTPError:
        return False


def memory_mb(stack: Stack) -> dict[str, float]:
    """PSS by what a process is, and in all."""
    found: dict[str, float] = {}
    for process in stack.family():
        try:
            mb = process.memory_full_info().pss / 1e6
            kind = _kind(process)
        except psutil.Error:
            continue
        found[kind] = found.get(kind, 0) + mb
    return {kind: round(mb) for kind, mb in sorted(found.items())} | {"all": round(sum(found.values()))}


def _kind(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    names = ("postgres", "valkey", "celery", "distviz.beat", "distviz.front", "stack.documents", "manage.py up")
    found = [name for name in names if name in words]
    return "beat" if "distviz.beat" in found else found[0] if found else process.name()


def quiet(stack: Stack) -> dict[str, float]:
    """Statements, commands and processor time a second."""
    with redis.Redis.from_url(stack.topology()["broker"]["url"]) as valkey:
        time.sleep(SETTLE_S)
        before, cpu = _counts(stack, valkey), _cpu(stack)
        time.sleep(QUIET_S)
        after, later = _counts(stack, valkey), _cpu(stack)
    per_second = {name: round((after[name] - before[name]) / QUIET_S, 1) for name in after}
    return per_second | {"cpu": round((later - cpu) / QUIET_S, 3)}


def _counts(stack: Stack, valkey: Any) -> dict[str, int]:
    """The counting itself is left out: three statements and one command."""
    sql = sum(stack.sql(alias, _DONE)[0]["n"] for alias in ("default", "account", "payment"))
    return {"sql": sql, "redis": valkey.info("stats")["total_commands_processed"]}


def _cpu(stack: Stack) -> float:
    total = 0.0
    for process in stack.family():
        try:
            times = process.cpu_times()
            total += times.user + times.system
        except psutil.Error:
            continue
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=3, help="warm ones")
    parser.add_argument("--work", type=float, default=10, help="seconds of load on each protocol")
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="dvs-"))
    stack = None
    try:
        stack, cold = start(home)
        measured: dict[str, Any] = {"cold": cold, "quiet": quiet(stack), "memory_mb_at_rest": memory_mb(stack)}
        for _protocol in ("monolith,dual_write", "two_phase,saga", "event_sourcing,outbox"):
            stack.manage("bench", "--seconds", str(options.work), "--clients", "8", "--protocols", _protocol)
        measured["memory_mb_after_work"] = memory_mb(stack)
        time.sleep(ENDED_S)
        measured["memory_mb_quiet_again"] = memory_mb(stack)
        warm = []
        for _turn in range(options.starts):
            stack.stop()
            stack, times = start(home)
            warm.append(times)
        measured["warm"] = {name: median(one[name] for one in warm) for name in cold}
        measured["warm_each"] = warm
        print(json.dumps(measured, indent=1))
    finally:
        if stack is not None and stack.process is not None and stack.process.poll() is None:
            stack.stop()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
