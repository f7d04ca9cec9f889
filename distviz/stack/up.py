"""`manage.py up`: one launcher that starts, watches and stops everything, in one thread with asyncio.

Order: servers side by side, databases (only when something changed), web, workers, beat. The launcher holds the lock
of its home; whatever it starts dies with it, because the kernel is told so (see process.py).
"""

import argparse
import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

from distviz.stack import asroot, env, fingerprint, layout, prepare, probes, roles, servers, state
from distviz.stack.console import Console
from distviz.stack.prepare import Failed
from distviz.stack.process import Keeper, Process

SERVER_PATIENCE = 120.0  # a recovery after a crash may take long
WEB_PATIENCE = 60.0
WORKER_PATIENCE = 30.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (DISTVIZ_HOST, else 127.0.0.1)")
    parser.add_argument("--port", help="port to listen on (DISTVIZ_PORT, else 8000)")
    parser.add_argument("--no-supervise", action="store_true", help="leave killed processes dead")


def main(options: dict[str, Any]) -> int:
    began = time.monotonic()
    for option, variable in (("host", "DISTVIZ_HOST"), ("port", "DISTVIZ_PORT")):
        if options.get(option):
            os.environ[variable] = str(options[option])  # checked with the rest, and seen by every child
    env.check()
    host, port = layout.host(), layout.port()
    os.umask(0o022)
    held = state.lock()
    state.clear_leftovers()
    state.must_listen(host, port)
    try:
        return asyncio.run(Stack(host, port, not options.get("no_supervise"), began).run())
    finally:
        held.close()


class Stack:
    def __init__(self, host: str, port: int, supervise: bool, began: float) -> None:
        self.host, self.port, self.supervise, self.began = host, port, supervise, began
        self.url = f"http://{'127.0.0.1' if host == '0.0.0.0' else f'[{host}]' if ':' in host else host}:{port}/"
        self.console = Console(layout.home() / "log")
        self.servers: list[Keeper] = []
        self.roles: list[Keeper] = []
        self.stopping = asyncio.Event()
        self.password = ""
        state.make_secrets()
        (layout.home() / "static").mkdir(exist_ok=True)  # where collectstatic would put files; WhiteNoise wants it
        self.ports = state.choose_ports()
        os.environ[state.MARK] = str(layout.home())
        self.note()

    def note(self) -> None:
        """stack.json: written at each start and end of a process, so that topology is never older than that."""
        running = [*self.servers, *self.roles]
        content = {
            "pid": os.getpid(),
            "url": self.url,
            "host": self.host,
            "port": self.port,
            "ports": self.ports,
            "processes": {k.process.role: {"pid": k.pid, "since": round(k.since, 3)} for k in running},
        }
        try:
            state.save(layout.stack_file(), content)
        except OSError as error:  # a full disk: what runs shall go on
            self.console.say("up", f"stack.json cannot be written: {error}")

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(sign, self.stop)
        starting = asyncio.create_task(self.start())
        stopped = asyncio.create_task(self.stopping.wait())
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        error = starting.exception() if starting.done() else None
        if starting.done() and not error:
            await stopped
        starting.cancel()
        await asyncio.wait({starting})
        if error:
            self.console.say("up", f"cannot start: {error}")
        await self.end()
        if error and not isinstance(error, Failed | asroot.CannotStart | OSError):
            raise error
        return 1 if error else 0

    def stop(self) -> None:
        if self.stopping.is_set():  # asked twice: no more patience
            for keeper in (*self.roles, *self.servers):
                keeper.kill()
        self.stopping.set()

    def keep(self, processes: list[Process], among: list[Keeper]) -> list[Keeper]:
        fresh = []
        for process in processes:
            process.supervised = self.supervise
            fresh.append(Keeper(process, self.console, self.note))
        among += fresh
        for keeper in fresh:
            keeper.start()
        return fresh

    async def start(self) -> None:
        web, *others = roles.all_of_them(self.host, self.port)
        needed = layout.embedded()
        if any(server in layout.PG_SERVERS for server in needed):
            asroot.hand_over(servers.private(layout.socket_dir()))
        self.keep([servers.make(server, self.ports) for server in needed], self.servers)
        # Importing Django is the longest part of a start, so what will need it begins at once: usually the web server,
        # and only when the databases may have to be changed first, what changes them.
        early = fingerprint.likely_unchanged()
        preparing = None if early else await prepare.begin()
        try:
            page = self.keep([web], self.roles) if early else []
            await asyncio.gather(*map(self.server_ready, needed, self.servers))
            self.tell(f"servers are ready: {', '.join(needed) or 'none is embedded'}")
            if preparing or not fingerprint.unchanged(await fingerprint.take()):
                preparing = preparing or await prepare.begin()
                self.password = await prepare.finish(preparing)
                fingerprint.store(await fingerprint.take())
                self.tell("databases are prepared")
        finally:
            prepare.abandon(preparing)
        page = page or self.keep([web], self.roles)
        # The page first: with few processors, workers that start at the same time would only delay it.
        ahead = max(0, (os.cpu_count() or 1) - 1)
        self.keep(others[:ahead], self.roles)
        await self.until(page[0], lambda: probes.http(self.host, self.port), WEB_PATIENCE)
        self.tell(f"the first page is served: {self.url}")
        self.keep(others[ahead:], self.roles)
        await self.workers_ready()
        self.tell(f"logs are in {self.console.folder}")
        if self.password:
            self.console.plain(f"\n  admin's password, shown this once: {self.password}   ({self.url}admin/)")
        self.console.plain(f"\ndistviz is ready: {self.url}\n")

    def tell(self, what: str) -> None:
        self.console.say("up", f"{time.monotonic() - self.began:4.1f} s  {what}")

    async def server_ready(self, server: str, keeper: Keeper) -> None:
        await self.until(keeper, lambda: probes.ready(server, self.ports), SERVER_PATIENCE)

    async def workers_ready(self) -> None:
        """A worker that is late or was killed meanwhile does not end a start whose page is served."""
        redis = probes.Redis(layout.load().redis)
        late, end = self.roles[1:], time.monotonic() + WORKER_PATIENCE
        while late and time.monotonic() < end:
            late = [keeper for keeper in late if not await redis.beats(keeper.process.role, keeper.since)]
            if not any(keeper.kept for keeper in late):
                break
            await asyncio.sleep(0.05)
        await redis.close()
        names = ", ".join(keeper.process.role for keeper in late)
        self.tell(f"not ready yet: {names}" if late else "every worker is ready")

    async def until(self, keeper: Keeper, ready: Callable[[], Awaitable[bool]], patience: float) -> None:
        """Wait for a real answer, as long as there is hope."""
        end = time.monotonic() + patience
        while not (keeper.pid and await ready()):
            if isinstance(keeper.trouble, asroot.CannotStart):
                raise keeper.trouble
            if keeper.deaths >= 6 or not keeper.kept or time.monotonic() > end:
                words = keeper.trouble or " / ".join(keeper.last_words)
                raise Failed(f"{keeper.process.role} does not get ready. Its last words: {words}")
            await asyncio.sleep(0.03)

    async def end(self) -> None:
        """Workers first, so that they can put back what they hold; then the servers."""
        self.console.say("up", "stopping")
        await asyncio.gather(*(keeper.end(patience=6) for keeper in self.roles))
        await asyncio.gather(*(keeper.end(patience=8) for keeper in self.servers))
        state.clear_leftovers(patience=1)
        self.note()
        with contextlib.suppress(OSError):
            layout.socket_dir().rmdir()
        self.console.say("up", "everything has stopped")
