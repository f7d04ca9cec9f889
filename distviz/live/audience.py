"""Those who see the same of one run. What is new is drawn once, encoded once and written to all of them in one go.

No viewer has a queue: who cannot take it at once leaves, is caught up from the log and comes back (viewers.py).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from distviz.live.batches import Batch
from distviz.live.looks import Drawing, Look
from distviz.live.pace import Pace

_log = logging.getLogger(__name__)

TOGETHER = 48  # rows of one drawing
QUEUED = 500  # rows that wait to be drawn; beyond, they are read from the log when it is their turn

Read = Callable[[Mapping[UUID, int]], Awaitable[list[Batch]]]


class Member(Protocol):
    last: int

    def take(self, drawing: Drawing, behind: int) -> bool:
        """Send what is new of it. False if that is not possible now."""

    def fall_behind(self, error: Exception | None = None) -> None:
        """No longer one of those who are in step."""


class Audience:
    """`last` is the row up to which those in step have been sent everything."""

    def __init__(self, run: UUID, last: int, read: Read, look: Look, pace: Pace) -> None:
        self.run, self.last, self.look, self.pace = run, last, look, pace
        self.viewers: set[Member] = set()  # those who are being caught up too
        self.in_step: set[Member] = set()
        self.read = read
        self._waiting: deque[Sequence[Any]] = deque()
        self._missed = False
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def enter(self, viewer: Member) -> None:
        self.viewers.add(viewer)
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name=f"audience of {self.run}")

    def leave(self, viewer: Member) -> None:
        self.viewers.discard(viewer)
        self.in_step.discard(viewer)
        if not self.viewers and self._task:
            self._task.cancel()
            self._task = None

    def join(self, viewer: Member, *, anyway: bool = False) -> bool:
        """From now on this viewer gets what is new. False if it has not all that the others were sent (`anyway`: they
        were sent what is not in the log any more)."""
        if not self.in_step and viewer.last < self.last:  # there are no others: on from where it is
            self.last, self._missed = viewer.last, True
            self._waiting.clear()
            self._ready.set()
        if viewer.last < self.last and not anyway:
            return False
        self.in_step.add(viewer)
        return True

    def offer(self, batch: Batch) -> None:
        """News from the hub; never waits."""
        have = self._waiting[-1][0] if self._waiting else self.last
        new = batch.after(have)
        if new is None:
            return
        if new.first == have + 1 and len(self._waiting) + len(new.rows) <= QUEUED:
            self._waiting.extend(new.rows)
        else:
            self._missed = True
        self._ready.set()

    async def _work(self) -> None:
        while True:
            await self._ready.wait()
            try:
                batch = await self._next()
                if batch is None:
                    continue
                if self.in_step:
                    self._hand_out(await self.look.draw(batch))
                self.last = max(self.last, batch.last)
            except Exception as error:
                _log.exception("live view: run %s could not be shown; its pages will connect again", self.run)
                self._fail(error)

    async def _next(self) -> Batch | None:
        """What comes after `last`, as much as is there of it; from the log where it has not been kept."""
        if not self._waiting and self._missed:
            self._missed = False
            for batch in await self._read_log():
                self._waiting.extend(row for row in batch.rows if row[0] > self.last)
                self._missed = self._missed or batch.more
        if not self._waiting:
            if not self._missed:
                self._ready.clear()
            return None
        return Batch(self.run, [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))])

    async def _read_log(self) -> list[Batch]:
        try:
            return await self.read({self.run: self.last})
        except Exception as error:
            _log.warning("live view: the run log cannot be read (%s); asking again", error)
            self._missed = True
            await asyncio.sleep(1)
            return []

    def _hand_out(self, drawing: Drawing) -> None:
        behind = self.pace.behind(drawing.last)
        for viewer in list(self.in_step):
            if viewer.last + 1 < drawing.first or not viewer.take(drawing, behind):
                self.in_step.discard(viewer)
                viewer.fall_behind()

    def _fail(self, error: Exception) -> None:
        """Those in step are told; the next one who comes is where the log is read on."""
        self._waiting.clear()
        for viewer in list(self.in_step):
            self.in_step.discard(viewer)
            viewer.fall_behind(error)
