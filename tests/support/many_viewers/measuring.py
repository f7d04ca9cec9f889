"""One measurement: some viewers, somebody who writes, and how long it takes until they have seen it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.support.stack import ROOT, Stack

SETTLE_S = 1.0  # until what was there when they came has been sent to all viewers
KEYS = ("kind", "phase", "name", "lane", "to", "attempt", "span_id", "changes", "statements", "error", "data")


def template(stack: Stack) -> list[dict[str, Any]]:
    """The events of a real run between its first and its last."""
    run = stack.withdraw("saga", "alice", "payment.in_tx:error:1")
    stack.ended(run)
    rows = stack.sql("default", "SELECT * FROM run_events WHERE run_id = %(run)s ORDER BY seq", run=run)
    return [{key: row[key] for key in KEYS} for row in rows[1:-1]]


def measure(stack: Stack, events: Path, *, viewers: int, rate: int, pages: int, seconds: float) -> dict[str, Any]:
    """One measurement, of runs of its own."""
    together = 2 if rate < 1000 else 4
    numbers = {"together": together, "pages": pages, "rate": rate, "seconds": seconds, "events": events}
    with _started(stack, "writing", *(f"--{name}={value}" for name, value in numbers.items())) as writer:
        runs = json.loads(writer.stdout.readline())
        paths = [f"--path=/ws/runs/{run}/?after=0" for run in runs]
        try:
            with _started(stack, "watching", f"--port={stack.port}", f"--viewers={viewers}", *paths) as watcher:
                return _watched(stack, writer, watcher, rate, seconds)
        finally:
            for run in runs:  # the auditor would ask for its payment
                stack.sql("default", "DELETE FROM run_events WHERE run_id = %(run)s", run=run)
                stack.sql("default", "DELETE FROM runs WHERE id = %(run)s", run=run)


def _watched(stack: Stack, writer: Any, watcher: Any, rate: int, seconds: float) -> dict[str, Any]:
    assert watcher.stdout.readline() == "ready\n", "the viewers could not connect"
    time.sleep(SETTLE_S)
    web = psutil.Process(stack.pid("web"))
    before = _cpu(web)
    written = json.loads(writer.communicate("\n")[0])
    goals = {run: max(map(int, times)) for run, times in written["times"].items()}
    seen = json.loads(watcher.communicate(json.dumps(goals) + "\n")[0])
    return _figures(written, seen, _cpu(web) - before, rate, seconds)


@contextmanager
def _started(stack: Stack, name: str, *words: str) -> Iterator[Any]:
    command = [sys.executable, "-m", f"tests.support.many_viewers.{name}", *words]
    process = subprocess.Popen(command, cwd=ROOT, env=stack.env, stdin=-1, stdout=-1, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _figures(written: dict[str, Any], seen: dict[str, Any], cpu: float, rate: int, seconds: float) -> dict[str, Any]:
    lags: list[float] = []
    lost = doubled = size = frames = 0
    for view in seen["views"]:
        times = {int(seq): at for seq, at in written["times"][view["path"].split("/")[3]].items()}
        shown: dict[int, float] = {}
        for at, first, last, rows, length in view["frames"]:
            size, frames = size + length, frames + 1
            doubled += sum(seq in shown for seq in range(first, last + 1) if rows)
            shown |= {seq: at for seq in range(first, last + 1) if rows and seq not in shown}
            doubled += rows - (last - first + 1) if rows else 0
        lost += sum(seq not in shown for seq in times)
        lags += [shown[seq] - at for seq, at in times.items() if seq in shown]
    lags.sort()
    events = sum(map(len, written["times"].values()))
    return {
        "p50": _ms(lags, 0.5),
        "p99": _ms(lags, 0.99),
        "max": _ms(lags, 1),
        "late": round(sum(lag > 1 for lag in lags) / max(len(lags), 1), 4),
        "lost": lost,
        "twice": doubled,
        "told": sum(len(view["told"]) for view in seen["views"]),
        "closed": sum(bool(view["closed"]) for view in seen["views"]),
        "rate": round(rate * seconds / written["took"]),
        "bytes": round(size / max(len(lags), 1)),
        "events_a_frame": round(len(lags) / max(frames, 1), 1),
        "web_us": round(cpu / max(len(lags), 1) * 1e6, 1),
        "web_cpu": round(cpu / written["took"], 2),
        "writer_cpu": round(written["cpu"] / written["took"], 2),
        "viewers_cpu": round(seen["cpu"] / written["took"], 2),
        "events": events,
    }


def _ms(lags: list[float], part: float) -> float:
    return round(lags[min(int(len(lags) * part), len(lags) - 1)] * 1000, 1) if lags else -1
