"""The threads of a worker that has no processes beside it: each handles one message of a run of which nothing special
is asked. There is no pipe to another process, and no memory of one.

Celery's own pool of threads answers from the thread that did the work: two threads would then change what the worker
keeps of messages in hand, and its loop would not hear that it may take another one."""

import os
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Any

from billiard.einfo import ExceptionInfo  # type: ignore[import-untyped]
from celery.concurrency.base import BasePool


@dataclass(eq=False)
class Job:
    """What Celery asks of a pool: do this, and call back in the worker's own thread."""

    target: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    done: Callable[[Any], None]
    failed: Callable[[Any], None]
    answer: Any = None
    ends: Callable[[Any], None] | None = None

    def work(self) -> None:
        try:
            self.answer, self.ends = self.target(*self.args, **self.kwargs), self.done
        except BaseException:  # as from a process that is lost: it is Celery that decides what becomes of the message
            self.answer, self.ends = ExceptionInfo(), self.failed

    def terminate(self, _signal: int) -> None:
        """A thread cannot be ended from outside."""


class TaskPool(BasePool):
    """As many threads as there are messages at once, up to `limit`."""

    body_can_be_buffer = True  # a message is not written into a pipe
    signal_safe = False  # its end waits for locks, which whatever a signal interrupts may hold
    _loop: Any = None

    def on_start(self) -> None:
        self._threads = ThreadPoolExecutor(self.limit, "message")
        self._ended: deque[Job] = deque()

    def register_with_event_loop(self, loop: Any) -> None:
        self._loop = loop
        loop.call_soon(self._answer)  # what ended while it looked for the broker

    def on_stop(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._answer()

    def on_terminate(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def on_apply(self, target: Callable[..., Any], args: Any, kwargs: Any, **options: Any) -> Job | None:
        if self._state != self.RUN:  # nobody acknowledges it: it is delivered again
            return None
        if accepted := options.get("accept_callback"):
            accepted(os.getpid(), monotonic())
        job = Job(target, args, kwargs, options["callback"], options["error_callback"])
        self._threads.submit(self._work, job)
        return job

    def _work(self, job: Job) -> None:
        job.work()
        self._ended.append(job)
        if self._loop is not None:
            self._loop.call_soon(self._answer)  # which wakes it

    def _answer(self) -> None:
        """In the worker's own thread, which is the only one that speaks to the broker about messages in hand."""
        while self._ended:
            job = self._ended.popleft()
            if job.ends:
                job.ends(job.answer)
