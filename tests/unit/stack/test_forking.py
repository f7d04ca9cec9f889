"""Processes that are forked look like processes that are executed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import psutil
import pytest

from distviz.stack import state
from distviz.stack.forking import GONE, Forked, ForkServer
from distviz.stack.process import Process

LOOK = """
import importlib, sys, threading
from django.conf import settings
from distviz.stack.preloaded import LIBRARIES
for name in LIBRARIES:
    importlib.import_module(name)
print(settings.configured, threading.active_count(), [name for name in sys.modules if name in
    ("twisted.internet.reactor", "distviz.settings", "distviz.celery")])
"""


async def begin(forks: ForkServer, *words: str, **more: Any) -> tuple[Forked, Any]:
    """A process, and where what it says can be read."""
    command = [sys.executable, "-m", "tests.support.tells", *words]
    ours, theirs = os.pipe()
    try:
        child = await forks.start(Process(role="role", command=command, **more), theirs)
    finally:
        os.close(theirs)
    return child, os.fdopen(ours)


async def told(reader: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await asyncio.to_thread(reader.readline))
    return found


def run(test: Callable[[ForkServer], Awaitable[None]]) -> None:
    async def whole() -> None:
        forks = ForkServer(["orjson"])
        try:
            await asyncio.wait_for(test(forks), 60)
        finally:
            await forks.end()

    asyncio.run(whole())


def test_what_is_loaded_is_nobodys_yet() -> None:
    """No settings, which are another role's each; no thread, which does not survive a fork; no event loop."""
    seen = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    assert seen.stdout.split("\n")[0] == "False 1 []"


def test_it_looks_as_if_it_had_been_executed() -> None:
    async def test(forks: ForkServer) -> None:
        child, said = await begin(forks, "exit", "3", env={"TOLD": "yes"})
        with said:
            about = await told(said)
            assert about["pid"] == about["session"] == child.pid
            assert (about["words"], about["role"], about["told"]) == (["exit", "3"], "role", "yes")
            assert (about["stdin"], about["sockets"], about["loaded"]) == (os.devnull, 0, True)
            assert await child.wait() == 3 == child.returncode

    run(test)


def test_a_signal_ends_it_and_is_told() -> None:
    async def test(forks: ForkServer) -> None:
        first, _said = await begin(forks, "wait")
        second, said = await begin(forks, "wait")
        with _said, said:
            await told(said)
            second.send_signal(signal.SIGTERM)
            assert await second.wait() == -signal.SIGTERM
            assert first.returncode is None
            first.send_signal(signal.SIGKILL)
            assert await first.wait() == -signal.SIGKILL
            first.send_signal(signal.SIGKILL)  # there is nobody any more, and whoever has its number is another one

    run(test)


def test_a_signal_as_soon_as_it_has_begun_is_not_lost() -> None:
    """Nor is one to its session, which is how a whole role is killed."""

    async def test(forks: ForkServer) -> None:
        for _time in range(20):
            child, said = await begin(forks, "wait")
            with said:
                child.send_signal(signal.SIGTERM)
                assert await child.wait() == -signal.SIGTERM
            child, said = await begin(forks, "wait")
            with said:
                os.killpg(child.pid, signal.SIGKILL)
                assert await child.wait() == -signal.SIGKILL

    run(test)


def test_one_that_nobody_waits_for_any_more_does_not_stay() -> None:
    """As when the launcher is stopped while the fork server is still loading."""

    async def test(forks: ForkServer) -> None:
        await forks.warm()
        ours, theirs = os.pipe()
        process = Process(role="role", command=[sys.executable, "-m", "tests.support.tells", "wait"])
        starting = asyncio.create_task(forks.start(process, theirs))
        await asyncio.sleep(0)  # it has asked
        starting.cancel()
        await asyncio.wait({starting})
        os.close(theirs)
        with os.fdopen(ours) as said:
            await asyncio.to_thread(said.read)  # until nobody has the other end

    run(test)


def test_one_that_cannot_be_begun_hurts_no_other() -> None:
    async def test(forks: ForkServer) -> None:
        child, said = await begin(forks, "wait")
        server = psutil.Process(child.pid).parent()
        assert server is not None
        before = server.rlimit(psutil.RLIMIT_NOFILE)
        with said:
            await told(said)
            server.rlimit(psutil.RLIMIT_NOFILE, (server.num_fds(), before[1]))  # for what is needed to fork
            with pytest.raises(OSError, match="Too many open files"):
                await begin(forks, "exit", "0")
            server.rlimit(psutil.RLIMIT_NOFILE, before)
            with pytest.raises(OSError, match="too long"):
                await begin(forks, "exit", "0", env={"TOLD": "x" * 70_000})
            assert child.returncode is None
            other, words = await begin(forks, "exit", "0")
            with words:
                assert await other.wait() == 0

    run(test)


def test_one_that_ends_at_once_is_not_missed() -> None:
    async def test(forks: ForkServer) -> None:
        begun = [await begin(forks, "exit", str(code)) for code in range(8)]
        assert [await child.wait() for child, _said in begun] == list(range(8))
        for _child, said in begun:
            said.close()

    run(test)


def test_they_end_with_the_fork_server_and_the_next_one_gets_another() -> None:
    async def test(forks: ForkServer) -> None:
        child, said = await begin(forks, "wait")
        with said:
            server = psutil.Process(child.pid).parent()
            assert server is not None
            await told(said)
            server.kill()
            assert await child.wait() == GONE
            assert await asyncio.to_thread(said.readline) == ""  # its end of the pipe is closed
            while state.alive(child.pid):
                await asyncio.sleep(0.01)
        other, said = await begin(forks, "exit", "0")
        with said:
            assert (await told(said))["pid"] == other.pid

    run(test)
