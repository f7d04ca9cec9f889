"""A port that is taken between its choice and the start of its server is chosen anew."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from distviz.stack import layout, servers, state, waiting
from distviz.stack.launcher import Launcher


@pytest.mark.parametrize("supervise", [True, False])
def test_a_server_whose_port_was_taken_gets_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, supervise: bool
) -> None:
    monkeypatch.setenv("DISTVIZ_HOME", str(tmp_path))
    monkeypatch.setenv(state.MARK, "")  # the launcher sets it

    async def start() -> None:
        launcher = Launcher("127.0.0.1", 1, supervise, 0)
        chosen = launcher.ports["valkey"]
        with socket.socket() as other:
            other.bind(("127.0.0.1", chosen))
            other.listen(1)
            [keeper] = launcher.keep([servers.make("valkey", launcher.ports)], launcher.servers)
            await asyncio.wait_for(waiting.server(keeper, "valkey", launcher.ports, launcher.move), 20)
            assert launcher.ports["valkey"] not in (chosen, *(launcher.ports[name] for name in layout.PG_SERVERS))
            assert layout.read_stack()["ports"] == launcher.ports
        await keeper.end(seconds=5)

    with ThreadPoolExecutor(1) as beside:  # the browser of other tests leaves its event loop in the main thread
        beside.submit(asyncio.run, start()).result()
