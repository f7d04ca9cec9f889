"""Those who watch, one object for each open socket. A viewer of a run holds nothing and one of the lab a few batches:
who is slower than the log is caught up from the log itself, and so is who was away."""

import asyncio
from collections import deque
from functools import lru_cache
from uuid import UUID

from django.utils.html import format_html, format_html_join

from distviz.live.audience import TOGETHER, Audience, Read
from distviz.live.batches import Batch
from distviz.live.frames import Frame, Line
from distviz.live.looks import AS_JSON, Drawing, Look, Shown

QUEUED = 32  # batches that wait for one viewer of the lab; beyond, it reads the log
MISSED = 5_000  # runs that a lab viewer may be behind in; beyond, its socket is closed
POKE_EVERY_S = 0.25


class TooSlow(Exception):
    """This viewer is so far behind that beginning anew is quicker."""


class RunViewer:
    """Watches one run: everything after `last`, in order, without a gap. In step with its audience, which sends; or
    behind, and then this sends, from the log."""

    def __init__(self, run: UUID, last: int, line: Line, look: Look = AS_JSON) -> None:
        self.run = run
        self.last = last
        self.look = look
        self.audience: Audience | None = None  # set by the hub
        self._line = line
        self._shown: Shown = ()
        self._behind = asyncio.Event()
        self._error: Exception | None = None

    def take(self, drawing: Drawing, behind: int) -> bool:
        frame, shown = drawing.frame(self.last, self._shown, behind)
        if frame.texts and not self._line.write(frame):
            return False
        self._has(drawing, shown)
        return True

    def fall_behind(self, error: Exception | None = None) -> None:
        self._error = error
        self._behind.set()

    async def pump(self) -> None:
        """Until the socket is gone."""
        assert self.audience is not None
        while True:
            await self._catch_up(self.audience)
            await self._behind.wait()
            if self._error:
                raise self._error

    async def _catch_up(self, audience: Audience) -> None:
        """From the log, after the viewer's last row, until it is as far as the others."""
        self._behind.clear()
        while True:
            sent = audience.last
            batches = await audience.read({self.run: self.last})
            for batch in batches:
                await self._show(batch, audience)
            # A killed server forgets the last moments of a log: then nobody can be as far as the others.
            is_short = not batches and sent > self.last
            if not any(batch.more for batch in batches) and audience.join(self, anyway=is_short):
                return

    async def _show(self, batch: Batch, audience: Audience) -> None:
        for part in batch.parts(TOGETHER):
            drawing = await self.look.draw(part)
            frame, shown = drawing.frame(self.last, self._shown, audience.pace.behind(part.last))
            await self._line.send_frame(frame)
            self._has(drawing, shown)

    def _has(self, drawing: Drawing, shown: Shown) -> None:
        self.last, self._shown = max(self.last, drawing.last), shown


class LabViewer:
    """Watches all runs, or those of one protocol: every event that is new, as JSON."""

    def __init__(self, read: Read, line: Line, protocol: str = "") -> None:
        self.protocol = protocol
        self._read = read
        self._line = line
        self._queue: deque[Batch] = deque()
        self._missed: dict[UUID, int] = {}
        self._sent: dict[UUID, int] = {}
        self._ready = asyncio.Event()

    def offer(self, batch: Batch) -> None:
        if self.protocol and batch.protocol != self.protocol:
            return
        if self._missed:
            self._missed.setdefault(batch.run, batch.first - 1)
        elif len(self._queue) < QUEUED:
            self._queue.append(batch)
        else:
            for waiting in (*self._queue, batch):
                self._missed.setdefault(waiting.run, waiting.first - 1)
            self._queue.clear()
        self._ready.set()

    async def pump(self) -> None:
        while True:
            if len(self._missed) > MISSED:
                raise TooSlow
            if self._queue:
                batch = self._queue.popleft()
                rest = batch.after(self._sent.get(batch.run, 0)) if self._sent else batch
                if rest:
                    await self._show(rest)
            elif self._missed:
                await self._catch_up()
            else:
                self._ready.clear()
                await self._ready.wait()

    async def _catch_up(self) -> None:
        """What was left out, from the log. It may be ahead of the hub, whose offers then overlap: `_sent` tells."""
        missed, self._missed = self._missed, {}
        while missed:
            batches = await self._read({run: max(seq, self._sent.get(run, 0)) for run, seq in missed.items()})
            for batch in batches:
                await self._show(batch)
                self._sent[batch.run] = batch.last
                if len(self._sent) > MISSED:
                    del self._sent[next(iter(self._sent))]
            more = {batch.run for batch in batches if batch.more}
            missed = {run: seq for run, seq in missed.items() if run in more}

    async def _show(self, batch: Batch) -> None:
        for frame in batch.lab_frames:
            await self._line.send_frame(frame)


class LabPokes:
    """Watches the lab's pages: only that something happened, a few times a second; the page requests the rest."""

    def __init__(self, line: Line, protocol: str = "") -> None:
        self.protocol = protocol
        self._line = line
        self._news: dict[str, tuple[UUID, int]] = {}
        self._ready = asyncio.Event()

    def poke(self, run: UUID, seq: int, protocol: str) -> None:
        if self.protocol in ("", protocol):
            self._news[protocol] = (run, seq)
            self._ready.set()

    async def pump(self) -> None:
        while True:
            await self._ready.wait()
            self._ready.clear()
            news, self._news = self._news, {}
            await self._line.send_frame(fragment(tuple(news.items())))
            await asyncio.sleep(POKE_EVERY_S)


@lru_cache(maxsize=64)  # the same for all who are told at this moment
def fragment(news: tuple[tuple[str, tuple[UUID, int]], ...]) -> Frame:
    """The element that page scripts turn into an event; one for each protocol of which there is news."""
    element = '<div id="lab-poke" hx-swap-oob="true" data-protocol="{}" data-run="{}" data-seq="{}"></div>'
    rows = ((protocol, run, seq) for protocol, (run, seq) in news)
    return Frame([format_html("{}", format_html_join("\n", element, rows))])
