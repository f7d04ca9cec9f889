"""What a worker's pool remembers of killed processes: nothing that it would look at when the broker is back."""

import subprocess
import sys
from types import SimpleNamespace

from kombu.asynchronous import Hub

from distviz.trace import forked

# In an interpreter of its own: it forks. Lower descriptors become free meanwhile, as those of connections do.
KILLED = """
import os, signal, time
lower = [os.open(os.devnull, os.O_RDONLY) for _ in range(15)]
from kombu.asynchronous import Hub, set_event_loop
from distviz import celery
from distviz.trace.forked import Processes
hub = Hub()
set_event_loop(hub)
pool = Processes(processes=2, threads=False, synack=False, enable_timeouts=True, lost_worker_timeout=0.1)
pool.register_with_event_loop(hub)
hub.call_repeatedly(0.05, pool.maintain_pool)
def turn_until(true):
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until
        hub.run_once()
def dies():
    os.kill(os.getpid(), signal.SIGKILL)
for _ in range(3):
    said = []
    for _ in range(5):
        os.close(lower.pop())
    pool.apply_async(dies, callback=said.append, error_callback=said.append)
    turn_until(lambda: said and len(pool._all_inqueues) == 2 and all(one._is_alive() for one in pool._pool))
    print(sorted(set(pool._fileno_to_outq) - {one.outqR_fd for one in pool._pool}), flush=True)
pool.terminate()
os._exit(0)
"""


def test_nothing_is_left_of_one_that_was_killed() -> None:
    """Celery kept the number of a descriptor that it had closed, and read there when the broker was back: the worker
    stood still for ever."""
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines() == ["[]"] * 3, done.stderr


def test_one_whose_end_was_seen_is_not_watched_again() -> None:
    """Celery asked for the descriptor that it had closed, and the worker ended."""
    pool, hub = object.__new__(forked.Processes), Hub()
    pool._track_child_process(SimpleNamespace(_sentinel_poll=None), hub)
    assert not hub.readers
    hub.close()
