"""A worker's hands. A message of a run of which nothing special is asked is handled by a thread of the worker itself:
there is no pipe to another process, and no memory of one. All else goes to its processes: a run with failures, of which
a crash must kill nothing else, step mode, passes of recovery, the relay."""

import os
import re
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import Any

from billiard.einfo import ExceptionInfo  # type: ignore[import-untyped]
from celery.concurrency import prefork
from celery.concurrency.asynpool import AsynPool
from django.conf import settings

LONG_S = 10.0  # nothing that a thread does takes as long: each wait for a server has an end before
_NO_FAULTS, _NO_STEPS = re.compile(rb'"faults": ?\[\]'), re.compile(rb'"mode": ?"run"')  # of the note beside a message


def is_plain(task: str, body: bytes) -> bool:
    """Whether a thread may handle this message: its run has no failures switched on and is not in step mode."""
    return task in _handlers() and bool(_NO_FAULTS.search(body) and _NO_STEPS.search(body))


@lru_cache(maxsize=1)
def _handlers() -> frozenset[str]:
    from distviz.trace.handlers import ROUTES  # Celery looks for its pool before it has loaded anything of ours

    return frozenset(handler.name for handlers in ROUTES.values() for handler in handlers)


@dataclass(eq=False)
class Job:
    """What Celery asks of a pool: do this, and call back in the worker's own thread."""

    target: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    done: Callable[[Any], None]
    failed: Callable[[Any], None]
    since: float = 0.0  # when a thread began
    ends: Callable[[], None] | None = None

    def work(self) -> None:
        self.since = monotonic()
        try:
            answer, call = self.target(*self.args, **self.kwargs), self.done
        except BaseException:  # as from a process that is lost: it is Celery that decides what becomes of the message
            answer, call = ExceptionInfo(), self.failed
        self.ends = lambda: call(answer)

    def terminate(self, _signal: int) -> None:
        """A thread cannot be ended from outside."""


class Processes(AsynPool):
    """A process that is forked while a thread holds a lock, any library's, would wait for it for ever.

    With each turn of its loop Celery takes from the kernel's list what is not in it if there is nothing to hand to a
    process; where most is done by threads, that was a tenth of a worker's time."""

    may_fork: Callable[[], bool] = staticmethod(lambda: True)

    on_poll_start: Any
    _at_rest = False

    def _create_write_handlers(self, hub: Any, *args: Any, **options: Any) -> None:
        super()._create_write_handlers(hub, *args, **options)
        self._look, self.on_poll_start = self.on_poll_start, self._look_if_needed

    def _look_if_needed(self) -> None:
        if self.outbound_buffer or not self._at_rest:
            self._look()
        self._at_rest = not self.outbound_buffer

    def _repopulate_pool(self, exitcodes: Any) -> None:
        if len(self._pool) < self._processes and self.may_fork():
            super()._repopulate_pool(exitcodes)


class TaskPool(prefork.TaskPool):
    """Named in the settings."""

    Pool = Processes
    uses_semaphore = False  # it would count what threads do as if processes did

    def on_start(self) -> None:
        super().on_start()
        self.on_apply = self._hand_out  # `super` has just put the processes' own there
        self._threads = ThreadPoolExecutor(settings.WORKER_CONCURRENCY, "message")
        self._working: set[Job] = set()
        self._waiting: deque[Job] = deque()  # until a process is forked
        self._ended: deque[Job] = deque()
        self._wants_to_fork = False
        self._loop: Any = None
        self._pool.may_fork = self._may_fork

    def register_with_event_loop(self, loop: Any) -> None:
        super().register_with_event_loop(loop)
        self._loop = loop
        loop.call_soon(self._answer)  # what ended while it looked for the broker

    def on_stop(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._answer()
        super().on_stop()

    def on_terminate(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        super().on_terminate()

    def stand_still(self) -> bool:
        """Whether every thread has been at its message for too long."""
        late = monotonic() - LONG_S
        return sum(0 < job.since < late for job in self._working) >= settings.WORKER_CONCURRENCY

    def _hand_out(self, target: Callable[..., Any], args: Any, kwargs: Any, **options: Any) -> Any:
        if len(args) < 4 or not is_plain(args[0], args[3]):
            return self._pool.apply_async(target, args, kwargs, **options)
        if self._state != self.RUN:  # nobody acknowledges it: it is delivered again
            return None
        job = Job(target, args, kwargs, options["callback"], options["error_callback"])
        options["accept_callback"](os.getpid(), monotonic())
        if self._wants_to_fork:
            self._waiting.append(job)
        else:
            self._begin(job)
        return job

    def _begin(self, job: Job) -> None:
        self._working.add(job)
        self._threads.submit(self._work, job)

    def _work(self, job: Job) -> None:
        job.work()
        self._ended.append(job)
        self._loop.call_soon(self._answer)  # which wakes it

    def _answer(self) -> None:
        """In the worker's own thread, which is the only one that speaks to the broker about messages in hand."""
        while self._ended:
            job = self._ended.popleft()
            self._working.discard(job)
            if job.ends:
                job.ends()
        if self._wants_to_fork and not self._working:
            self.maintain_pool()
            self._wants_to_fork = False
            while self._waiting:
                self._begin(self._waiting.popleft())

    def _may_fork(self) -> bool:
        self._wants_to_fork = bool(self._working)
        return not self._working
