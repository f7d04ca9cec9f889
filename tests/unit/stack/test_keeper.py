"""What keeps a process alive, tried on small shell commands."""

import asyncio
import io
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from distviz.stack.console import LINE, Console
from distviz.stack.keeper import Keeper
from distviz.stack.process import Process


class Bench:
    """A keeper of `sh -c …`, and what it has said."""

    def __init__(self, folder: Path, script: str, **more: object) -> None:
        self.out = io.StringIO()
        process = Process(role="role", command=["sh", "-c", script], **more)  # type: ignore[arg-type]
        self.keeper = Keeper(process, Console(folder, self.out), lambda: None)

    async def alive(self, other_than: int | None = None) -> int:
        while (pid := self.keeper.pid) in (None, other_than):
            await asyncio.sleep(0.01)
        assert pid is not None
        return pid

    async def said(self, words: str) -> None:
        while words not in self.out.getvalue():
            await asyncio.sleep(0.01)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 10))


def test_a_killed_process_is_back_within_a_second(tmp_path: Path) -> None:
    async def test() -> None:
        bench = Bench(tmp_path, "exec sleep 60")
        bench.keeper.start()
        first = await bench.alive()
        began = time.monotonic()
        os.kill(first, signal.SIGKILL)
        await bench.alive(other_than=first)
        assert time.monotonic() - began < 1
        await bench.keeper.end(seconds=2)
        assert "ended by SIGKILL" in bench.out.getvalue()

    run(test)


def test_an_unsupervised_process_stays_dead(tmp_path: Path) -> None:
    async def test() -> None:
        bench = Bench(tmp_path, "exec sleep 60", supervised=False)
        bench.keeper.start()
        os.kill(await bench.alive(), signal.SIGKILL)
        await bench.said("not started again")
        assert bench.keeper.pid is None
        assert not bench.keeper.kept

    run(test)


def test_a_grandchild_that_holds_the_pipe_delays_nothing(tmp_path: Path) -> None:
    """A busy PostgreSQL backend once kept its killed server from being started again for 84 seconds."""

    async def test() -> None:
        bench = Bench(tmp_path, "setsid sleep 5 & exec sleep 60")
        bench.keeper.start()
        first = await bench.alive()
        await asyncio.sleep(0.2)
        began = time.monotonic()
        os.kill(first, signal.SIGKILL)
        await bench.alive(other_than=first)
        assert time.monotonic() - began < 2
        await bench.keeper.end(seconds=2)

    run(test)


def test_one_that_does_not_listen_is_killed_with_its_children(tmp_path: Path) -> None:
    async def test() -> None:
        bench = Bench(tmp_path, "trap '' TERM; sleep 60 & echo child $!; wait; sleep 60")
        bench.keeper.start()
        await bench.said("child")
        child = int(bench.out.getvalue().split("child")[1].split()[0])
        await bench.keeper.end(seconds=0.3)
        assert bench.keeper.pid is None
        await asyncio.sleep(0.1)
        stat = Path(f"/proc/{child}/stat")
        assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"

    run(test)


def test_repeated_deaths_slow_down_and_stopping_does_not_wait_for_the_pause(tmp_path: Path) -> None:
    async def test() -> None:
        bench = Bench(tmp_path, "echo last words; exit 3")
        bench.keeper.start()
        while bench.keeper.deaths < 4:
            await asyncio.sleep(0.01)
        began = time.monotonic()
        await bench.keeper.end(seconds=5)
        assert time.monotonic() - began < 0.7
        assert "exit code 3; started again in 0.8 s" in bench.out.getvalue()
        assert "last words" in bench.keeper.last_words

    run(test)


def test_a_missing_program_is_a_trouble_not_a_crash(tmp_path: Path) -> None:
    async def test() -> None:
        async def before() -> None:
            raise FileNotFoundError("no such wheel")

        bench = Bench(tmp_path, "true", before=before)
        bench.keeper.start()
        while not bench.keeper.trouble:
            await asyncio.sleep(0.01)
        await bench.keeper.end(seconds=1)
        assert "no such wheel" in bench.out.getvalue()

    run(test)


@pytest.mark.parametrize("said", ["\\033[2J", "\\007"])
def test_what_a_process_logs_cannot_control_the_terminal(tmp_path: Path, said: str) -> None:
    async def test() -> None:
        bench = Bench(tmp_path, f"printf 'a{said}b\\n'; printf 'x%.0s' $(seq 40000); echo; echo all; exec sleep 60")
        bench.keeper.start()
        await bench.said("| all")
        await bench.keeper.end(seconds=2)
        text = bench.out.getvalue()
        assert "\033" not in text
        assert "\007" not in text
        assert max(map(len, text.splitlines())) < 2 * LINE + 40  # the rest of one read and the next
        assert (tmp_path / "role.log").stat().st_size >= 40_000

    run(test)
