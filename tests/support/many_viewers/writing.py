"""A process that writes events to the run log at a given rate, by the code by which the workers write, and notes when
each was committed. What it writes is the log of a real run, over and over."""

import argparse
import json
import os
import sys
import time
from datetime import timedelta
from typing import Any
from uuid import UUID


def begin(pages: int) -> list[str]:
    """New runs with nothing in their logs but the request. No sweep drives them on."""
    from django.utils import timezone

    from distviz.trace import writing
    from distviz.trace.log_events import EventRow, PendingEvent
    from distviz.trace.models import Run

    about = {"protocol": "saga", "account": "alice", "amount": "100.00", "trace_id": "0" * 32}
    runs = [Run.objects.create(**about, wake_at=timezone.now() + timedelta(hours=1)) for _ in range(pages)]
    for run in runs:
        asked = EventRow(kind="request", phase="made", name="withdraw", lane="client", to="api")
        writing.write(run.pk, [PendingEvent(asked)])
    return [str(run.pk) for run in runs]


class Writer:
    """`together` events are one statement, as they are in a hop."""

    def __init__(self, runs: list[str], events: list[dict[str, Any]], together: int) -> None:
        self.runs, self.events, self.together = runs, events, together
        self.times: dict[str, dict[int, float]] = {run: {} for run in runs}
        self.turns = dict.fromkeys(runs, 0)

    def note(self, run: UUID, seq: int) -> None:
        """Called when the statement is committed, before anybody is told."""
        now = time.monotonic()
        for number in range(seq - self.together + 1, seq + 1):
            self.times[str(run)][number] = now

    def write(self, run: str) -> None:
        from distviz.trace import writing

        writing.write(run, [self._next(run) for _ in range(self.together)])

    def _next(self, run: str) -> Any:
        from distviz.trace.log_events import EventRow, PendingEvent

        turn, self.turns[run] = self.turns[run], self.turns[run] + 1
        event = dict(self.events[turn % len(self.events)])
        if "mid" in event["data"]:
            event["data"] = {**event["data"], "mid": f"{event['data']['mid']}-{turn // len(self.events)}"}
        return PendingEvent(EventRow(**event))

    def go(self, rate: float, seconds: float) -> float:
        """Returns the seconds that it took; behind its time it goes on as fast as it can."""
        began = time.monotonic()
        for number in range(int(rate * seconds / self.together)):
            wait = began + number * self.together / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            self.write(self.runs[number % len(self.runs)])
        return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--together", type=int, default=2)
    parser.add_argument("--events", required=True, help="a file with the events of a run")
    options = parser.parse_args()

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "distviz.settings")
    django.setup()
    from distviz.trace import live

    runs = begin(options.pages)
    with open(options.events) as file:
        writer = Writer(runs, json.load(file), options.together)
    tell = live.poke

    def poke(run: UUID, seq: int, protocol: str, account: str) -> None:
        writer.note(run, seq)
        tell(run, seq, protocol, account)

    live.poke = poke
    print(json.dumps(runs), flush=True)
    sys.stdin.readline()
    cpu = time.process_time()
    took = writer.go(options.rate, options.seconds)
    print(json.dumps({"times": writer.times, "took": took, "cpu": time.process_time() - cpu}), flush=True)


if __name__ == "__main__":
    main()
