"""How quickly many viewers see what happens: `python -m tests.support.many_viewers [--rounds N] [--seconds S]`.

A stack of its own with the default settings; the viewers are one process, who writes another. In each round one viewer
and 50 at 300 events/s, of one run and of several, then 200 viewers at 1,000 events/s. Lag: from the commit of an event
until the frame with its row was read by a viewer, in milliseconds, over every event and viewer; `late`: the part of
them that came more than a second after. `web_us`: microseconds of the web server's processor time for each event and
viewer, which does not depend on what else the machine does. What was not shown is counted too.
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

import psutil

from tests.support.stack import QUICK, ROOT, Stack, wait_for

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
    ask = (
        "--together",
        str(together),
        "--pages",
        str(pages),
        "--rate",
        str(rate),
        "--seconds",
        str(seconds),
        "--events",
        str(events),
    )
    writer = _start(stack, "writing", *ask)
    runs = json.loads(writer.stdout.readline())
    paths = [word for run in runs for word in ("--path", f"/ws/runs/{run}/?after=0")]
    watcher = _start(stack, "watching", "--port", str(stack.port), "--viewers", str(viewers), *paths)
    if watcher.stdout.readline() != "ready\n":
        raise AssertionError("the viewers could not connect")
    time.sleep(1)
    web = psutil.Process(stack.pid("web"))
    before = _cpu(web)
    written = json.loads(writer.communicate("\n")[0])
    goals = {run: max(map(int, times)) for run, times in written["times"].items()}
    seen = json.loads(watcher.communicate(json.dumps(goals) + "\n")[0])
    cpu = _cpu(web) - before
    return _figures(written, seen, cpu, rate, seconds)


def _start(stack: Stack, name: str, *words: str) -> Any:
    command = [sys.executable, "-m", f"tests.support.many_viewers.{name}", *words]
    return subprocess.Popen(command, cwd=ROOT, env=stack.env, stdin=-1, stdout=-1, text=True)


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--only", help="viewers:rate:pages, separated by commas")
    options = parser.parse_args()
    wanted = options.only or "1:300:1,50:300:1,50:300:10,200:1000:1,200:1000:10"
    cases = [tuple(map(int, case.split(":"))) for case in wanted.split(",")]
    home = Path(tempfile.mkdtemp(prefix="dvs-"))
    stack = Stack(home)
    for name in QUICK:
        stack.env.pop(name, None)
    stack.env["SWEEP_AFTER"] = "3600"  # the runs that are written are nobody's to drive on
    try:
        stack.start(accounts=10)
        wait_for(lambda: stack.client.get("/readyz").status_code == 200, 60, "ready")
        events = home / "events.json"
        events.write_text(json.dumps(template(stack)))
        found: dict[str, list[dict[str, Any]]] = {}
        for _round in range(options.rounds):
            for viewers, rate, pages in cases:
                name = f"{viewers} viewers, {rate} events/s, {pages} pages"
                one = measure(stack, events, viewers=viewers, rate=rate, pages=pages, seconds=options.seconds)
                found.setdefault(name, []).append(one)
                print(name, json.dumps(one), flush=True)
        print(json.dumps({name: _medians(each) for name, each in found.items()}, indent=1))
    finally:
        if stack.process is not None and stack.process.poll() is None:
            stack.stop()
        shutil.rmtree(home, ignore_errors=True)


def _medians(each: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: median(one[key] for one in each) for key in each[0]}


if __name__ == "__main__":
    main()
