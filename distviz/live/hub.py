"""The live view: one hub in each web server reads each new event once and hands it to all viewers.

Pokes ("run R has event N") come over the live stream and may get lost; the truth is the run log. The hub reads the log
where a poke points, and every two seconds for each watched run that is not over. Nothing is sent that is not
in the log, and no viewer misses a row of it: one that cannot keep up is brought up to date from the log.
"""

import asyncio
import logging
from collections.abc import Mapping
from uuid import UUID
from weakref import WeakKeyDictionary

from distviz.live.audience import Audience
from distviz.live.batches import Batch
from distviz.live.source import HubSource, LiveLog, RunHead
from distviz.live.viewers import LabPokes, LabViewer, RunViewer
from distviz.live.watched import WatchedRun

_log = logging.getLogger(__name__)

POLL_S = 2.0
LONGEST_PAUSE_S = 0.025
BACK_OFF_S = (0.2, 0.5, 1, 2, 5)
Viewer = RunViewer | LabViewer | LabPokes


class Hub:
    def __init__(self, source: HubSource) -> None:
        self.source = source
        self._watches: dict[UUID, WatchedRun] = {}
        self._lab: set[LabViewer] = set()
        self._pokes: set[LabPokes] = set()
        self._dirty: set[UUID] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._joining = asyncio.Lock()
        self._heard: list[tuple[UUID, int, str]] | None = None

    # --- coming and going -----------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return sum(map(len, self._watches.values())) + len(self._lab) + len(self._pokes)

    async def watch(self, viewer: RunViewer) -> bool:
        """Hand everything that is new to this viewer; it reads what is in the log already by itself. False if
        there is no such run."""
        await self._begin()
        head = (await self.source.heads([viewer.run])).get(viewer.run)
        if head is None:
            return False
        watch = self._watches.setdefault(viewer.run, WatchedRun(head.seq, head.seq, head.protocol, head.over))
        watch.enter(viewer, Audience(viewer.run, watch.head, self.source.read, viewer.look, watch.pace))
        return True

    async def watch_lab(self, viewer: LabViewer | LabPokes) -> None:
        """Tell this viewer of everything that happens from now on."""
        await self._begin()
        if isinstance(viewer, LabPokes):
            self._pokes.add(viewer)
            return
        async with self._joining:
            if self._lab:
                self._lab.add(viewer)
            else:
                await self._first_in_lab(viewer)

    async def _first_in_lab(self, viewer: LabViewer) -> None:
        """New is what comes after how far the runs are at this moment; what is heard while that is being read has to
        wait until it is known."""
        self._heard = []
        try:
            for run, head in (await self.source.recent()).items():
                watch = self._watches.setdefault(run, WatchedRun(head.seq, head.seq, head.protocol, head.over))
                if not len(watch):
                    watch.head = watch.heard = head.seq
            self._lab.add(viewer)
        finally:
            pokes, self._heard = self._heard, None
            for poke in pokes:
                self.poked(*poke)

    def leave(self, viewer: Viewer) -> None:
        if isinstance(viewer, LabPokes):
            self._pokes.discard(viewer)
        elif isinstance(viewer, LabViewer):
            self._lab.discard(viewer)
        elif viewer.run in self._watches:
            self._watches[viewer.run].leave(viewer)
        if not self._lab and not self._pokes:
            self._watches = {run: watch for run, watch in self._watches.items() if len(watch)}
        if not len(self) and self._task:
            self._task.cancel()
            self._task = None

    async def _begin(self) -> None:
        """Work as long as there are viewers. The place in the stream is taken before the log is read, so that nothing
        can fall between the two."""
        if self._task is None or self._task.done():
            await self.source.take_place()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(), name="hub")

    # --- work -----------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            try:
                async with asyncio.TaskGroup() as together:
                    together.create_task(self._listen())
                    together.create_task(self._poll())
                    together.create_task(self._deliver())
            except Exception:  # a defect here must not end the live view
                _log.exception("live view: the hub failed and begins anew")
                await asyncio.sleep(1)

    async def _listen(self) -> None:
        """Follow the stream. When it does not answer, ask again with growing pauses; meanwhile there is the poll."""
        failures = 0
        while True:
            try:
                async for pokes in self.source.pokes():
                    failures = 0
                    for run, seq, protocol in pokes:
                        self.poked(run, seq, protocol)
            except Exception as error:
                if not failures:
                    _log.warning("live view: the stream does not answer (%s); polling the log instead", error)
            await asyncio.sleep(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
            failures += 1

    async def _poll(self) -> None:
        """Pokes can be lost: check what is watched every two seconds, with or without a poke."""
        while True:
            await asyncio.sleep(POLL_S)
            lab = bool(self._lab or self._pokes)
            watched = [run for run, watch in self._watches.items() if not watch.over]
            if not watched and not lab:
                continue
            try:
                heads = await self.source.heads(watched, lab=lab)
            except Exception as error:
                _log.warning("live view: the run log cannot be read (%s); asking again", error)
                continue
            for run, head in heads.items():
                self.poked(run, head.seq, head.protocol)
                if run in self._watches:
                    self._watches[run].over = head.over
            self._forget_finished(heads)

    def _forget_finished(self, heads: Mapping[UUID, RunHead]) -> None:
        for run, watch in list(self._watches.items()):
            if not len(watch) and run not in heads and watch.head >= watch.heard:
                del self._watches[run]

    def poked(self, run: UUID, seq: int, protocol: str) -> None:
        """A poke: this run has this event."""
        if self._heard is not None:
            self._heard.append((run, seq, protocol))
            return
        watch = self._watches.get(run)
        if watch is None:
            if not self._lab and not self._pokes:
                return
            watch = self._watches[run] = WatchedRun(
                0, 0
            )  # not there when the lab began to be watched: all of it is new
        watch.protocol = watch.protocol or protocol
        if seq <= watch.heard:
            return
        watch.heard = seq
        watch.pace.heard(seq)
        for lab in self._pokes:
            lab.poke(run, seq, watch.protocol)
        self._read_log(run, watch)

    def _read_log(self, run: UUID, watch: WatchedRun) -> None:
        if len(watch) or self._lab:
            self._dirty.add(run)
            self._wake.set()
        else:
            watch.head = watch.heard

    async def _deliver(self) -> None:
        """Read what is new and hand it out; then rest for as long as that took, so that a busy lab is merged into
        fewer and larger frames and the live view takes at most half of the loop's time."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            began = loop.time()
            dirty, self._dirty = self._dirty, set()
            wanted = {run: self._watches[run].head for run in dirty if run in self._watches}
            try:
                batches = await self.source.read(wanted)
            except Exception as error:
                _log.warning("live view: the run log cannot be read (%s); asking again", error)
                self._dirty |= dirty
                self._wake.set()
                await asyncio.sleep(1)
                continue
            for batch in batches:
                self._hand_out(batch)
            await asyncio.sleep(min(LONGEST_PAUSE_S, loop.time() - began))

    def _hand_out(self, batch: Batch) -> None:
        watch = self._watches.get(batch.run)
        if watch is None or batch.last <= watch.head:
            return
        watch.head = batch.last
        watch.over = watch.over or batch.ends
        batch.protocol = watch.protocol
        for audience in watch.audiences.values():
            audience.offer(batch)
        for lab in self._lab:
            lab.offer(batch)
        if batch.more or watch.head < watch.heard:
            self._read_log(batch.run, watch)


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def the_hub() -> Hub:
    """The hub of this web server (of its event loop)."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub(LiveLog()))
