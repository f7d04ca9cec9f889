"""Who watches the whole lab: told of every run, slowly or quickly, and let go where it is hopeless."""

import asyncio
import json
import uuid

import pytest

from distviz.live import viewers
from distviz.live.hub import Hub
from distviz.live.viewers import QUEUED, LabPokes, LabViewer, TooSlow
from tests.support.live_log import Log, Socket, async_test, until


@async_test
async def test_the_lab_receives_what_is_new_of_every_run():
    log, old, new, other = Log(), uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    log.append(old, poke=False)
    hub = Hub(log)
    socket, of_saga = Socket(), Socket()
    for viewer in (LabViewer(log.read, socket), LabViewer(log.read, of_saga, "saga")):
        await hub.watch_lab(viewer)
        asyncio.create_task(viewer.pump())  # noqa: RUF006
    log.append(old)
    log.append(new)
    log.append(new, poke=False)
    log.append(other, protocol="monolith")
    await until(lambda: len(socket.texts) == 4 and len(of_saga.texts) == 3)
    events = [(event["run"], event["seq"]) for event in map(json.loads, socket.texts)]
    assert sorted(events) == sorted([(str(old), 2), (str(new), 1), (str(new), 2), (str(other), 1)])
    assert str(other) not in {json.loads(text)["run"] for text in of_saga.texts}


@async_test
async def test_a_slow_lab_viewer_is_caught_up_run_by_run():
    log = Log()
    names = [uuid.uuid4() for _ in range(QUEUED * 3)]
    socket = Socket()
    viewer = LabViewer(log.read, socket)
    hub = Hub(log)
    await hub.watch_lab(viewer)
    asyncio.create_task(viewer.pump())  # noqa: RUF006
    socket.open.clear()
    for _ in range(4):
        for run in names:
            log.append(run)
            await asyncio.sleep(0)
        await asyncio.sleep(0.03)
        assert len(viewer._queue) <= QUEUED
    socket.open.set()
    await until(lambda: len(socket.texts) >= 4 * len(names))
    for run in names:
        assert [json.loads(t)["seq"] for t in socket.texts if json.loads(t)["run"] == str(run)] == [1, 2, 3, 4]


@async_test
async def test_a_lab_viewer_that_is_hopeless_is_let_go():
    viewer = LabViewer(Log().read, Socket())
    viewer._missed = {uuid.uuid4(): 0 for _ in range(viewers.MISSED + 1)}
    with pytest.raises(TooSlow):
        await viewer.pump()


@async_test
async def test_pages_are_poked_a_few_times_a_second():
    log, run = Log(), uuid.uuid4()
    socket = Socket()
    viewer = LabPokes(socket, "saga")
    hub = Hub(log)
    await hub.watch_lab(viewer)
    asyncio.create_task(viewer.pump())  # noqa: RUF006
    began = asyncio.get_running_loop().time()
    for _ in range(50):
        log.append(run)
        log.append(uuid.uuid4(), protocol="monolith")
        await asyncio.sleep(0.01)
    await until(lambda: socket.texts and 'data-seq="50"' in socket.texts[-1])
    took = asyncio.get_running_loop().time() - began
    assert len(socket.texts) <= took / viewers.POKE_EVERY_S + 2
    assert "monolith" not in "".join(socket.texts)
    assert log.reads == 0  # nobody asked for the events themselves
