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
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from tests.support.many_viewers.measuring import measure, template
from tests.support.stack import QUICK, Stack, wait_for


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
