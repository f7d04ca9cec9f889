"""The launcher's side of the fork server: a forked process looks like a child of the launcher's own."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

from distviz.stack.forkserver import LARGEST
from distviz.stack.preloaded import LIBRARIES
from distviz.stack.process import Process, tied

GONE = 255  # nobody knows how it ended


class Child(Protocol):
    """What a keeper asks of a process; asyncio's own has it too."""

    pid: int

    @property
    def returncode(self) -> int | None: ...
    async def wait(self) -> int: ...
    def send_signal(self, signal: int) -> None: ...


class Forked:
    """A process that the fork server has begun."""

    def __init__(self, pid: int, ended: "asyncio.Future[int]") -> None:
        self.pid = pid
        self._ended = ended

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def send_signal(self, signal: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, signal)


class ForkServer:
    """One for each launcher, begun with the first process or by `warm`, and anew if it has ended. It loads these."""

    def __init__(self, libraries: Sequence[str] = LIBRARIES) -> None:
        self._libraries = libraries
        self._server: asyncio.subprocess.Process | None = None
        self._socket: socket.socket | None = None
        self._beginning = asyncio.Lock()
        self._asked: deque[asyncio.Future[Forked]] = deque()  # what has not begun yet, in order
        self._running: dict[int, asyncio.Future[int]] = {}

    async def warm(self) -> None:
        """It begins to load, if it has not."""
        async with self._beginning:
            if self._socket is None:
                await self._begin()

    async def start(self, process: Process, said: int) -> Forked:
        """`said` is the pipe for what it says; the caller closes its own end. Raises OSError."""
        await self.warm()
        if self._socket is None:
            raise OSError("the fork server has ended")
        asked = {
            "command": process.command,
            "env": {**process.env, "DISTVIZ_ROLE": process.role},
            "on_orphaned": int(process.on_orphaned),
        }
        message = json.dumps(asked).encode()
        if len(message) > LARGEST:
            raise OSError("its command and its environment are too long")
        socket.send_fds(self._socket, [message], [said])
        answer: asyncio.Future[Forked] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            answer.add_done_callback(_end_unwanted)
            raise

    async def end(self) -> None:
        """With everything that it has forked."""
        if self._server and self._server.returncode is None:
            self._server.kill()
            await self._server.wait()

    async def _begin(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._server = await asyncio.create_subprocess_exec(
                *tied(signal.SIGKILL),
                sys.executable,
                "-m",
                "distviz.stack.forkserver",
                str(theirs.fileno()),
                *self._libraries,  # they also make room for the names of what is forked
                env={**os.environ, "SPT_NOENV": "1"},  # the mark of this home in its environment stays to be read
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=[theirs.fileno()],
            )
        ours.setblocking(False)
        self._socket = ours
        asyncio.get_running_loop().add_reader(ours, self._read)

    def _read(self) -> None:
        assert self._socket is not None
        with contextlib.suppress(BlockingIOError):
            try:
                message = self._socket.recv(LARGEST)
            except ConnectionError:
                message = b""
            if message:
                self._told(json.loads(message))
            else:
                self._lost()

    def _told(self, message: dict[str, Any]) -> None:
        if pid := message.get("began"):
            self._running[pid] = asyncio.get_running_loop().create_future()
            self._asked.popleft().set_result(Forked(pid, self._running[pid]))
        elif "failed" in message:
            self._asked.popleft().set_exception(OSError(message["failed"]))
        elif ended := self._running.pop(message["ended"], None):
            ended.set_result(message["code"])

    def _lost(self) -> None:
        """What it has forked ends with it, as the kernel was told."""
        assert self._socket is not None
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self._socket = None
        for answer in self._asked:
            answer.set_exception(OSError("the fork server has ended"))
        for ended in self._running.values():
            ended.set_result(GONE)
        self._asked.clear()
        self._running.clear()


def _end_unwanted(answer: "asyncio.Future[Forked]") -> None:
    """Nobody waits for it any more, and nobody would know of it."""
    if not answer.cancelled() and not answer.exception():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(answer.result().pid, signal.SIGKILL)
