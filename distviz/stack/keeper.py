"""Keeps one process alive: starts it, reads what it says, starts it again when it dies, stops it."""

import asyncio
import contextlib
import os
import signal
import time
from collections import deque
from collections.abc import Callable
from typing import BinaryIO

from distviz.stack.asroot import CannotStart
from distviz.stack.console import LINE, Console, printable
from distviz.stack.forking import Child, ForkServer
from distviz.stack.process import Process, tied
from distviz.stack.state import PortTaken

STEADY = 10.0  # seconds of life after which an earlier death is forgiven
SLOWEST = 10.0


class Keeper:
    """Keeps one process alive. `changed` is called after each start and each end: stack.json is written there. With a
    fork server it is forked, without one executed."""

    def __init__(
        self, process: Process, console: Console, changed: Callable[[], None], forks: ForkServer | None = None
    ) -> None:
        self.process = process
        self.child: Child | None = None
        self.since = 0.0
        self.deaths = 0
        self.last_words: deque[str] = deque(maxlen=5)
        self._console = console
        self._changed = changed
        self._forks = forks
        self._stopping = False
        self._renewing = False
        self._asked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.trouble: Exception | None = None  # why it could not even be started, at the last attempt

    @property
    def pid(self) -> int | None:
        return self.child.pid if self.child and self.child.returncode is None else None

    @property
    def kept(self) -> bool:
        """Will it be started again if it dies?"""
        return not self._stopping

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep(), name=self.process.role)

    async def _keep(self) -> None:
        while not self._stopping:
            try:
                reading = await self._begin()
            except (OSError, CannotStart) as error:
                self.trouble = error
                if isinstance(error, PortTaken) and not self.since:  # it is about to be given another one
                    await asyncio.sleep(0.1)
                else:
                    await self._died(f"cannot start: {error}")
                continue
            self.trouble = None
            self._changed()
            if self._stopping:  # asked to stop while it was being started
                self._ask()
            assert self.child is not None
            code = await self.child.wait()
            self.kill()  # what it has left in its session
            await self._drained(reading)
            if self._renewing:
                self._renewing, self.deaths = False, 0
                self._changed()
            elif not self._stopping:
                await self._died(f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended, exit code {code}")

    async def _begin(self) -> asyncio.Task[None]:
        """A pipe of our own, not asyncio's: with that one, wait() would also wait for grandchildren that hold it, and
        a busy PostgreSQL backend holds it for as long as its statement runs."""
        if self.process.before:
            await self.process.before()
        ours, theirs = os.pipe()
        try:
            self.since = time.time()
            self.child = await (self._forks.start(self.process, theirs) if self._forks else self._execute(theirs))
        except OSError:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        return asyncio.create_task(self._read(os.fdopen(ours, "rb", buffering=0)))

    async def _execute(self, said: int) -> Child:
        return await asyncio.create_subprocess_exec(
            *self.process.other_user,
            *tied(self.process.on_orphaned),  # after the change of user, which unties
            *self.process.command,
            env={**os.environ, **self.process.env, "DISTVIZ_ROLE": self.process.role},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is the launcher's alone; it stops the rest in order
        )

    async def _died(self, how: str) -> None:
        self.deaths = 1 if time.time() - self.since > STEADY else self.deaths + 1
        self._changed()
        if not self.process.supervised:
            self._console.say(self.process.role, f"{how}; not started again (--no-supervise)")
            self._stopping = True
            return
        pause = min(0.1 * 2 ** (self.deaths - 1), SLOWEST)
        self._console.say(self.process.role, f"{how}; started again in {pause:.1f} s")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._asked.wait(), pause)

    async def _drained(self, reading: asyncio.Task[None]) -> None:
        """A grandchild may hold the pipe open after its parent's death: do not wait for that."""
        await asyncio.wait({reading}, timeout=0.5)
        reading.cancel()

    async def _read(self, pipe: BinaryIO) -> None:
        reader = asyncio.StreamReader(limit=LINE * 4)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        rest = b""
        try:
            while chunk := await reader.read(LINE):
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > LINE:
                    lines, rest = [*lines, rest], b""
                for line in lines:
                    self._said(line)
        finally:
            transport.close()
            if rest:
                self._said(rest)

    def _said(self, line: bytes) -> None:
        self._console.log(self.process.role).write(line)
        text = printable(line)
        if text:
            self.last_words.append(text)
        if text and not any(word in text for word in self.process.quiet):
            self._console.say(self.process.role, text)

    async def renew(self, seconds: float) -> None:
        """Another process instead of this one, which is asked to end and after so many seconds killed. Returns once it
        has ended."""
        old = self.child
        if old is None or old.returncode is not None:  # it is about to be started anyway
            return
        self._renewing = True
        self._ask()
        try:
            await asyncio.wait_for(old.wait(), seconds)
        except TimeoutError:
            self.kill()
            await old.wait()

    async def end(self, seconds: float) -> None:
        """Ask, wait, then kill the whole session: no orphan is left."""
        self._stopping = True
        self._asked.set()
        self._ask()
        if self._task and self._forks and not self.child:  # the fork server may still be loading; it ends with it
            self._task.cancel()
        if self._task and not self._task.done():
            await asyncio.wait({self._task}, timeout=seconds)
        self.kill()
        if self._task and not self._task.done():
            await asyncio.wait({self._task}, timeout=2)
            self._task.cancel()

    def _ask(self) -> None:
        if self.child and self.child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.child.send_signal(self.process.stop)

    def kill(self) -> None:
        if self.child:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.child.pid, signal.SIGKILL)
