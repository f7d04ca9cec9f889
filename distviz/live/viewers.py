"""Those who watch, one object for each open socket. None of them holds more than a few batches: who is slower than the
log is caught up from the log itself, and so is who was away."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from uuid import UUID

from django.utils.html import format_html, format_html_join

from distviz.live.batches import Batch

QUEUED = 32  # batches that wait for one viewer; beyond, it reads the log
MISSED = 5_000  # runs that a lab viewer may be behind in; beyond, its socket is closed
POKE_EVERY_S = 0.25

Read = Callable[[Mapping[UUID, int]], Awaitable[list[Batch]]]
Send = Callable[[str], Awaitable[None]]
Draw = Callable[[Batch], AsyncIterator[str]]


class TooSlow(Exception):
    """This viewer is so far behind that beginning anew is quicker."""


async def as_json(batch: Batch) -> AsyncIterator[str]:
    for text in batch.json:
        yield text


class RunViewer:
    """Watches one run: everything after `last`, in order, without a gap."""

    def __init__(self, run: UUID, last: int, read: Read, send: Send, draw: Draw = as_json) -> None:
        self.run = run
        self.last = last
        self._read = read
        self._send = send
        self._draw = draw
        self._queue: deque[Batch] = deque()
        self._behind = True
        self._ready = asyncio.Event()

    def offer(self, batch: Batch) -> None:
        """News from the hub; never waits."""
        if not self._behind:
            self._queue.append(batch)
            if len(self._queue) > QUEUED:
                self._queue.clear()
                self._behind = True
        self._ready.set()

    async def pump(self) -> None:
        """Send until the socket is gone."""
        while True:
            if self._behind:
                await self._catch_up()
            elif self._queue:
                await self._take(self._queue.popleft())
            else:
                self._ready.clear()
                await self._ready.wait()

    async def _catch_up(self) -> None:
        """From the log, after the viewer's last row. What is offered meanwhile is queued, and sent twice at worst."""
        self._behind = False
        more = True
        while more:
            more = False
            for batch in await self._read({self.run: self.last}):
                await self._show(batch)
                more = batch.more

    async def _take(self, batch: Batch) -> None:
        if batch.first == self.last + 1:
            await self._show(batch)
        elif batch.last > self.last:
            self._behind = True

    async def _show(self, batch: Batch) -> None:
        async for text in self._draw(batch):
            await self._send(text)
        self.last = batch.last


class LabViewer:
    """Watches all runs, or those of one protocol: every event that is new, as JSON."""

    def __init__(self, read: Read, send: Send, protocol: str = "") -> None:
        self.protocol = protocol
        self._read = read
        self._send = send
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
        for text in batch.lab_json:
            await self._send(text)


class LabPokes:
    """Watches the lab's pages: only that something happened, a few times a second; the page requests the rest."""

    def __init__(self, send: Send, protocol: str = "") -> None:
        self.protocol = protocol
        self._send = send
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
            await self._send(fragment(news))
            await asyncio.sleep(POKE_EVERY_S)


def fragment(news: Mapping[str, tuple[UUID, int]]) -> str:
    """The element that page scripts turn into an event; one for each protocol of which there is news."""
    element = '<div id="lab-poke" hx-swap-oob="true" data-protocol="{}" data-run="{}" data-seq="{}"></div>'
    rows = ((protocol, run, seq) for protocol, (run, seq) in news.items())
    return format_html("{}", format_html_join("\n", element, rows))
