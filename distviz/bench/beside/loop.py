"""A closed loop like the lab's own (distviz/bench/load.py), around something that is called."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from distviz.bench.stats import Sample

WARM = 3
LONGEST_S = 600
Opened = Callable[[], AbstractContextManager[Callable[[], None]]]


class CallLoop:
    """Each client calls, waits for the return, and calls again, until the time or the number is used up."""

    def __init__(self, opened: Opened, clients: int, seconds: float, runs: int = 0) -> None:
        self._opened, self._clients = opened, clients
        self._seconds, self._left = LONGEST_S if runs else seconds, runs or float("inf")
        self._lock, self._errors = threading.Lock(), list[BaseException]()
        self._begin = threading.Barrier(clients + 1)
        self._deadline = 0.0
        self.sample = Sample()

    def go(self) -> Sample:
        """Raises the error of the first client that had one."""
        threads = [threading.Thread(target=self._guarded) for _n in range(self._clients)]
        for thread in threads:
            thread.start()
        self._start(threads)
        if self._errors:
            raise self._errors[0]
        return self.sample

    def _start(self, threads: list[threading.Thread]) -> None:
        """The clients have their connections, and are warm, before the time begins."""
        try:
            self._deadline = float("inf")
            self._begin.wait()
            began = time.monotonic()
            self._deadline = began + self._seconds
        except threading.BrokenBarrierError:
            began = time.monotonic()
        for thread in threads:
            thread.join()
        self.sample.elapsed_s = time.monotonic() - began

    def _guarded(self) -> None:
        try:
            with self._opened() as once:
                for _turn in range(WARM):
                    once()
                self._begin.wait()
                self._client(once)
        except threading.BrokenBarrierError:
            return
        except BaseException as error:
            self._errors.append(error)
            self._begin.abort()
            self._deadline = 0.0

    def _client(self, once: Callable[[], None]) -> None:
        while self._may_go_on():
            began = time.monotonic()
            once()
            took = (time.monotonic() - began) * 1000
            with self._lock:
                self.sample.latencies_ms.append(took)

    def _may_go_on(self) -> bool:
        with self._lock:
            if time.monotonic() >= self._deadline or self._left <= 0:
                return False
            self._left -= 1
            return True
