"""Waiting for a real answer from what has been started, as long as there is hope."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from distviz.stack import asroot, layout, probes, state
from distviz.stack.keeper import Keeper
from distviz.stack.prepare import Failed

SERVER_S = 120.0  # a recovery after a crash may take long
WEB_S = 60.0
WORKER_S = 30.0
MAX_DEATHS = 6  # deaths in a row


async def server(keeper: Keeper, name: str, ports: dict[str, int], move: Callable[[Keeper, str], None]) -> None:
    """`move` gives it another port, in `ports` too, when something else has taken its own since it was chosen."""

    async def ready() -> bool:
        if isinstance(keeper.trouble, state.PortTaken):
            keeper.trouble = None
            move(keeper, name)
        return bool(keeper.pid) and await probes.ready(name, ports)

    await _until(keeper, ready, SERVER_S)


async def page(keeper: Keeper, host: str, port: int) -> None:
    async def ready() -> bool:
        return bool(keeper.pid) and await probes.http(host, port)

    await _until(keeper, ready, WEB_S)


async def workers(keepers: Sequence[Keeper]) -> list[str]:
    """The roles that are late: one that is slow or was killed meanwhile does not end a start whose page is served."""
    redis = probes.Redis(layout.load().redis)
    late, end = list(keepers), time.monotonic() + WORKER_S
    while late and time.monotonic() < end:
        late = [keeper for keeper in late if not await redis.beats(keeper.process.role, keeper.since)]
        if not any(keeper.kept for keeper in late):
            break
        await asyncio.sleep(0.05)
    await redis.close()
    return [keeper.process.role for keeper in late]


async def _until(keeper: Keeper, ready: Callable[[], Awaitable[bool]], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not await ready():
        if isinstance(keeper.trouble, asroot.CannotStart):
            raise keeper.trouble
        if keeper.deaths >= MAX_DEATHS or not keeper.kept or time.monotonic() > end:
            words = keeper.trouble or " / ".join(keeper.last_words)
            raise Failed(f"{keeper.process.role} does not get ready. Its last words: {words}")
        await asyncio.sleep(0.03)
