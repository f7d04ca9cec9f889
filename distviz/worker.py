"""A service's worker: two of Celery's, the second one forked from the first when everything is loaded. One has threads
and no processes, for messages of runs of which nothing special is asked; the other one has processes and no threads,
for all that may be killed, held or stopped, and for passes of recovery. No process has both: who forks beside threads,
or opens files by their numbers, meets what the others have in hand.

    python -m distviz.worker SERVICE
"""

import ctypes
import gc
import logging
import os
import sys
import time
from contextlib import suppress
from signal import SIGKILL, SIGTERM
from typing import Any

import celery.signals

from distviz.celery import app
from distviz.stack import knobs, layout
from distviz.stack.process import tie

_log = logging.getLogger(__name__)
THREADS = 4
LOOKS_S = 0.5
ENDS_WITHIN_S = 15.0  # what it has in hand takes less, or is undone and delivered again
_M_ARENA_MAX = -8  # of mallopt(3)
_SILENT = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True, "quiet": True}


def main() -> None:
    [queue] = sys.argv[1:]
    load()
    above, beside = os.getpid(), os.fork()
    if not beside:
        tie(SIGKILL, above)
        _share_memory()
        sys.exit(work(layout.PLAIN[queue], pool="distviz.trace.threads:TaskPool", concurrency=THREADS))
    stay_with(beside)
    # A process that has nothing to do for two minutes is ended; it is there again as soon as one more is needed.
    code = work(queue, pool="distviz.trace.forked:TaskPool", autoscale=(knobs.whole("WORKER_CONCURRENCY"), 1))
    end(beside)
    sys.exit(code)


def _share_memory() -> None:
    """Among the threads: glibc would have an arena for each, with room of its own that it never gives back."""
    with suppress(AttributeError):  # another library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def load() -> None:
    """Django, the protocols and their tasks. What the collector never looks at again stays shared."""
    app.loader.init_worker()
    app.finalize(auto=True)
    gc.collect()
    gc.freeze()


def work(queue: str, **options: Any) -> int:
    """One of Celery's own workers, that reads this queue and nothing else. Returns its exit code."""
    # Nothing listens to gossip and the rest: the heartbeat that counts is our own key.
    node = {"hostname": f"{queue}@dv-{layout.tag()}", "loglevel": "INFO", "optimization": "default"}
    worker = app.Worker(queues=[queue], reads=queue, **node, **_SILENT, **options)
    worker.start()
    return int(worker.exitcode or 0)


def stay_with(beside: int) -> None:
    """The two end together. If the one with the threads is killed, the other one ends as well, and whoever keeps this
    role starts it again: from here, with a loop and pipes, nothing could be forked that has to do with neither."""

    ending = False

    def look() -> None:
        if not ending and os.waitpid(beside, os.WNOHANG)[0]:
            _log.critical("the process with the threads has ended")
            os._exit(1)  # its processes end with it

    @celery.signals.worker_ready.connect(weak=False)
    def _look(sender: Any, **_: Any) -> None:
        sender.hub.call_repeatedly(LOOKS_S, look)

    @celery.signals.worker_shutting_down.connect(weak=False)
    def _end(**_: Any) -> None:
        nonlocal ending
        ending = True  # it will have ended before this one has
        _ask_to_end(beside)


def end(beside: int) -> None:
    """Wait for the other one, but not for ever: with this one's end the kernel ends it. If this one ends of itself, by
    an error that it cannot live with, nobody has asked the other one yet: it would work on, and nobody would start this
    one again."""
    _ask_to_end(beside)
    until = time.monotonic() + ENDS_WITHIN_S
    with suppress(ChildProcessError):
        while not os.waitpid(beside, os.WNOHANG)[0] and time.monotonic() < until:
            time.sleep(0.05)


def _ask_to_end(beside: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(beside, SIGTERM)


if __name__ == "__main__":
    main()
