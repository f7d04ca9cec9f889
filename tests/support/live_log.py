"""What a hub reads, in memory."""

import asyncio
from datetime import UTC, datetime

from distviz.live.batches import Batch
from distviz.live.source import Head

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
        return {run: Head(len(self.events[run]), self.protocols[run], self._over(run)) for run in wanted}

    async def recent(self):
        return await self.heads([], lab=True)
