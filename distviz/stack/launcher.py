"""The launcher starts, watches and stops everything, in one thread with asyncio.

Order: servers side by side, databases (only when something changed), web, workers, beat. It holds the lock of its
home; whatever it starts dies with it, because the kernel is told so (see process.py).
"""

import asyncio
import os
import shutil
import signal
import time

from distviz.stack import asroot, fingerprint, layout, prepare, roles, servers, state, waiting
from distviz.stack.console import Console
from distviz.stack.forking import ForkServer
from distviz.stack.keeper import Keeper
from distviz.stack.prepare import Failed
from distviz.stack.process import Process
from distviz.stack.watched import Watched


class Launcher:
    def __init__(self, host: str, port: int, supervise: bool, began: float) -> None:
        self.host, self.port, self.supervise, self.began = host, port, supervise, began
        self.url = f"http://{'127.0.0.1' if host == '0.0.0.0' else f'[{host}]' if ':' in host else host}:{port}/"
        self.console = Console(layout.home() / "log")
        self.servers: list[Keeper] = []
        self.roles: list[Keeper] = []
        self.forks = ForkServer()
        self.stopping = asyncio.Event()
        self.password = ""
        self.moved = False
        state.make_secrets()
        (layout.home() / "static").mkdir(exist_ok=True)  # where collectstatic would put files; WhiteNoise wants it
        self.ports = state.choose_ports()
        self.sockets = state.make_sockets()
        os.environ[state.MARK] = str(layout.home())
        self.outside = Watched(self.tell)
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
            "sockets": self.sockets,
            "protocols": self.outside.folders,
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
        if self.stopping.is_set():  # asked twice: at once
            for keeper in (*self.roles, *self.servers):
                keeper.kill()
        self.stopping.set()

    def keep(self, processes: list[Process], among: list[Keeper]) -> list[Keeper]:
        fresh = []
        for process in processes:
            process.supervised = self.supervise
            forks = self.forks if among is self.roles else None
            fresh.append(Keeper(process, self.console, self.note, forks))
        among += fresh
        for keeper in fresh:
            keeper.start()
        return fresh

    def move(self, keeper: Keeper, server: str) -> None:
        """Something else has taken its port since it was chosen."""
        taken = self.ports[server]
        self.ports[server] = state.another_port(self.ports)
        self.tell(f"port {taken} was taken meanwhile: {server} gets {self.ports[server]}")
        supervised = keeper.process.supervised
        keeper.process = servers.make(server, self.ports)
        keeper.process.supervised = supervised
        self.moved = True
        self.note()

    async def start(self) -> None:
        web, *others = roles.all_of_them(self.host, self.port)
        needed = layout.embedded()
        if any(server in layout.PG_SERVERS for server in needed):
            asroot.hand_over(servers.private(layout.socket_dir()))
        elif "mongo" in needed:
            servers.private(layout.socket_dir())
        self.keep([servers.make(server, self.ports) for server in needed], self.servers)
        await self.outside.take()
        # Importing Django is the longest part of a start, so what will need it begins at once: usually what the web
        # server is forked from, and only when the databases may have to be changed first, what changes them.
        early = fingerprint.likely_unchanged()
        preparing = None if early else await prepare.begin()
        await self.forks.warm()
        try:
            page = self.keep([web], self.roles) if early else []
            await asyncio.gather(
                *(
                    waiting.server(keeper, name, self.ports, self.move)
                    for name, keeper in zip(needed, self.servers, strict=True)
                )
            )
            if self.moved:  # what was begun early knows the old ports
                prepare.abandon(preparing)
                preparing = await prepare.begin() if preparing else None
                await asyncio.gather(*(keeper.end(seconds=2) for keeper in self.roles))
                self.roles.clear()
                page = []
            self.tell(f"servers are ready: {', '.join(needed) or 'none is embedded'}")
            if preparing or not fingerprint.unchanged(await fingerprint.take()):
                preparing = preparing or await prepare.begin()
                if await self.prepared(preparing) and page:  # begun with a protocol that the databases did not take
                    await page[0].renew(seconds=2)
        finally:
            prepare.abandon(preparing)
        page = page or self.keep([web], self.roles)
        # The page first: with few processors, workers that start at the same time would only delay it.
        ahead = max(0, (os.cpu_count() or 1) - 1)
        self.keep(others[:ahead], self.roles)
        await waiting.page(page[0], self.host, self.port)
        self.tell(f"the first page is served: {self.url}")
        self.keep(others[ahead:], self.roles)
        late = await waiting.workers(self.roles[1:])
        self.tell(f"not ready yet: {', '.join(late)}" if late else "every worker is ready")
        self.tell(f"logs are in {self.console.folder}")
        self.show_password()
        self.console.plain(f"\ndistviz is ready: {self.url}\n")
        if self.outside.any:
            await self.renew_for_ever()

    async def prepared(self, preparing: prepare.Preparing) -> bool:
        """Whether something has to be left out that was loaded before."""
        self.password = await prepare.finish(preparing)
        is_less = await self.outside.take()
        fingerprint.store(await fingerprint.take())
        self.tell("databases are prepared")
        return is_less

    async def renew_for_ever(self) -> None:
        """Whenever a file of a protocol from outside has changed, the processes that have loaded it start anew."""
        while True:
            await self.outside.changes()
            try:
                await self.renew()
            except (Failed, OSError) as error:
                self.tell(f"what has changed could not be taken over: {error}")

    async def renew(self) -> None:
        """A hop that runs may end; one that does not in time is killed, and recovery drives its run on."""
        is_other = await self.outside.take()
        if not fingerprint.unchanged(await fingerprint.take()):
            is_other |= await self.prepared(await prepare.begin())
        old = ("web", *layout.WORKERS) if is_other else ("web",)
        await asyncio.gather(*(keeper.renew(seconds=8) for keeper in self.roles if keeper.process.role in old))
        await waiting.page(self.roles[0], self.host, self.port)
        await waiting.workers(self.roles[1:])
        self.tell(f"started anew: {', '.join(old)}")

    def show_password(self) -> None:
        """Once, on the console and in no log; a start that is interrupted still shows it."""
        if self.password:
            self.console.plain(f"\n  admin's password, shown this once: {self.password}   ({self.url}admin/)")
        self.password = ""

    def tell(self, what: str) -> None:
        self.console.say("up", f"{time.monotonic() - self.began:4.1f} s  {what}")

    async def end(self) -> None:
        """Workers first, so that they can put back what they hold; then the servers."""
        self.show_password()
        self.console.say("up", "stopping")
        await asyncio.gather(*(keeper.end(seconds=6) for keeper in self.roles))
        await self.forks.end()
        await asyncio.gather(*(keeper.end(seconds=8) for keeper in self.servers))
        state.clear_leftovers(seconds=1)
        self.note()
        if self.sockets:
            shutil.rmtree(self.sockets, ignore_errors=True)
        self.console.say("up", "everything has stopped")
