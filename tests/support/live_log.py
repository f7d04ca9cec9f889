"""What a hub reads and whom it tells, in memory."""

import asyncio
import json
from datetime import UTC, datetime

from distviz.live import hub as hub_module
from distviz.live.batches import Batch
from distviz.live.looks import AS_JSON
from distviz.live.source import RunHead
from distviz.live.viewers import RunViewer

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Log:
    """A run log and a stream of pokes in memory, with what can go wrong with them."""

    def __init__(self):
        self.events = {}
        self.protocols = {}
        self.stream = asyncio.Queue()
        self.page = 500
        self.reads = 0
        self.down = False
        self.deaf = False

    def append(self, run, kind="step", protocol="saga", poke=True):
        rows = self.events.setdefault(run, [])
        self.protocols[run] = protocol
        seq = len(rows) + 1
        rows.append((seq, AT, "account", "", kind, "deduct", "commit", 1, None, "", [], [], "", {}))
        if poke:
            self.stream.put_nowait((run, seq, protocol))
        return seq

    def _over(self, run):
        return self.events[run][-1][4] == "finished"

    async def take_place(self):
        pass

    async def pokes(self):
        while True:
            if self.deaf:
                raise OSError("Valkey is gone")
            yield [await self.stream.get()]

    async def read(self, after):
        self.reads += 1
        await asyncio.sleep(0)
        if self.down:
            raise OSError("PostgreSQL is gone")
        found = []
        for run, seq in after.items():
            rows = [row for row in self.events.get(run, []) if row[0] > seq][: self.page]
            if rows:
                found.append(Batch(run, rows, more=len(rows) == self.page))
        return found

    async def heads(self, runs, *, lab=False):
        await asyncio.sleep(0)
        wanted = set(self.events) if lab else set(runs) & set(self.events)
        return {run: RunHead(len(self.events[run]), self.protocols[run], self._over(run)) for run in wanted}

    async def recent(self):
        return await self.heads([], lab=True)


class Socket:
    """A viewer's end. `slow` makes it take its time over each text."""

    def __init__(self, slow=0.0):
        self.texts = []
        self.slow = slow
        self.open = asyncio.Event()
        self.open.set()

    def write(self, frame):
        if self.slow or not self.open.is_set():
            return False
        self.texts += frame.texts
        return True

    async def send_frame(self, frame):
        for text in frame.texts:
            await self.open.wait()
            if self.slow:
                await asyncio.sleep(self.slow)
            self.texts.append(text)

    @property
    def seqs(self):
        return [json.loads(text)["seq"] for text in self.texts]


async def until(true, within=30.0):
    async with asyncio.timeout(within):
        while not true():
            await asyncio.sleep(0.002)


def async_test(test):
    def run(monkeypatch):
        monkeypatch.setattr(hub_module, "POLL_S", 0.05)
        monkeypatch.setattr(hub_module, "BACK_OFF_S", (0.01, 0.02))
        asyncio.run(asyncio.wait_for(test(), 60))

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


async def watching(hub, run, last=0, slow=0.0, look=AS_JSON):
    socket = Socket(slow)
    viewer = RunViewer(run, last, socket, look)
    assert await hub.watch(viewer)
    return socket, viewer, asyncio.create_task(viewer.pump())
