"""The live view without servers: nobody misses a row, nobody gets one twice, nobody can fill the memory."""

import asyncio
import json
import random
import uuid

from distviz.live.audience import QUEUED
from distviz.live.batches import Batch
from distviz.live.hub import Hub
from distviz.live.viewers import LabViewer, RunViewer, fragment
from tests.support.live_log import AT, Log, Socket, async_test, until, watching


@async_test
async def test_replay_then_live():
    log, run = Log(), uuid.uuid4()
    for _ in range(5):
        log.append(run)
    hub = Hub(log)
    socket, viewer, _ = await watching(hub, run, last=2)
    await until(lambda: socket.seqs == [3, 4, 5])
    for _ in range(3):
        log.append(run)
    log.append(run, kind="finished")
    await until(lambda: socket.seqs == [3, 4, 5, 6, 7, 8, 9])
    hub.leave(viewer)


@async_test
async def test_the_log_is_read_once_for_all_viewers():
    log, run = Log(), uuid.uuid4()
    log.append(run)
    hub = Hub(log)
    all_of_them = [await watching(hub, run) for _ in range(50)]
    await until(lambda: all(socket.seqs == [1] for socket, _, _ in all_of_them))
    before = log.reads
    for _ in range(20):
        log.append(run)
        await asyncio.sleep(0.002)
    await until(lambda: all(socket.seqs == list(range(1, 22)) for socket, _, _ in all_of_them))
    assert log.reads - before <= 20


@async_test
async def test_an_unknown_run_is_refused():
    log = Log()
    hub = Hub(log)
    assert not await hub.watch(RunViewer(uuid.uuid4(), 0, Socket()))
    assert len(hub) == 0


@async_test
async def test_lost_pokes_are_found_by_the_poll():
    log, run = Log(), uuid.uuid4()
    log.append(run)
    hub = Hub(log)
    socket, _, _ = await watching(hub, run)
    log.append(run, poke=False)
    log.append(run, poke=False, kind="finished")
    await until(lambda: socket.seqs == [1, 2, 3])


@async_test
async def test_without_valkey_and_back():
    log, run = Log(), uuid.uuid4()
    log.append(run)
    log.deaf = True
    hub = Hub(log)
    socket, _, _ = await watching(hub, run)
    log.append(run)
    await until(lambda: socket.seqs == [1, 2])
    log.deaf = False
    await asyncio.sleep(0.05)
    log.append(run)
    await until(lambda: socket.seqs == [1, 2, 3])


@async_test
async def test_a_database_that_is_away_for_a_while():
    log, run = Log(), uuid.uuid4()
    log.append(run)
    hub = Hub(log)
    socket, _, _ = await watching(hub, run)
    await until(lambda: socket.seqs == [1])
    log.down = True
    log.append(run)
    await asyncio.sleep(0.1)
    log.down = False
    await until(lambda: socket.seqs == [1, 2])


@async_test
async def test_a_slow_viewer_misses_nothing_holds_little_and_delays_no_other():
    log, run = Log(), uuid.uuid4()
    log.append(run)
    hub = Hub(log)
    fast, _, _ = await watching(hub, run)
    slow, viewer, _ = await watching(hub, run)
    await until(lambda: fast.seqs == slow.seqs == [1])
    slow.open.clear()
    for number in range(2, 402):
        log.append(run)
        if number % 3 == 0:
            await asyncio.sleep(0.001)
        assert viewer.audience is None or len(viewer.audience._waiting) <= QUEUED
    await until(lambda: fast.seqs == list(range(1, 402)))
    assert len(slow.seqs) == 1
    slow.open.set()
    await until(lambda: slow.seqs == list(range(1, 402)))
    log.append(run)
    await until(lambda: slow.seqs == list(range(1, 403)))


@async_test
async def test_many_pages_of_replay():
    log, run = Log(), uuid.uuid4()
    log.page = 7
    for _ in range(100):
        log.append(run)
    socket, _, _ = await watching(Hub(log), run)
    await until(lambda: socket.seqs == list(range(1, 101)))


@async_test
async def test_whatever_happens_when_each_viewer_sees_the_log():
    """Viewers come, are slow and go at random while runs grow and pokes get lost."""
    rng = random.Random(11)
    log = Log()
    log.page = 5
    hub = Hub(log)
    names = [uuid.UUID(int=number) for number in range(4)]
    for run in names:
        log.append(run)
    seen = []
    lab = Socket()
    lab_viewer = LabViewer(log.read, lab)
    await hub.watch_lab(lab_viewer)
    lab_task = asyncio.create_task(lab_viewer.pump())
    for _ in range(300):
        run = rng.choice(names)
        log.append(run, poke=rng.random() < 0.8)
        if rng.random() < 0.1:
            last = rng.randrange(len(log.events[run]) + 1)
            seen.append((run, last, *await watching(hub, run, last, slow=rng.choice([0, 0, 0.004]))))
        if rng.random() < 0.5:
            await asyncio.sleep(rng.choice([0, 0.001, 0.003]))
    for run, last, socket, _, _ in seen:
        everything = list(range(last + 1, len(log.events[run]) + 1))
        await until(lambda socket=socket, everything=everything: len(socket.seqs) >= len(everything))
        assert socket.seqs == everything
    new = sum(len(rows) - 1 for rows in log.events.values())
    await until(lambda: len(lab.texts) >= new)
    for run in names:
        numbers = [json.loads(text)["seq"] for text in lab.texts if json.loads(text)["run"] == str(run)]
        assert numbers == list(range(2, len(log.events[run]) + 1))
    lab_task.cancel()


@async_test
async def test_the_hub_is_idle_without_viewers():
    log, run = Log(), uuid.uuid4()
    log.append(run)
    hub = Hub(log)
    _, viewer, _ = await watching(hub, run)
    task = hub._task
    hub.leave(viewer)
    await until(task.cancelled)
    assert len(hub) == 0
    assert hub._watches == {}
    socket, _, _ = await watching(hub, run)
    log.append(run)
    await until(lambda: socket.seqs == [1, 2])


@async_test
async def test_a_mistake_in_the_hub_does_not_end_the_live_view():
    log, run = Log(), uuid.uuid4()
    log.append(run)
    hub = Hub(log)
    socket, _, _ = await watching(hub, run)
    log.stream.put_nowait(("nonsense",))
    log.append(run)
    await until(lambda: socket.seqs == [1, 2])


def test_the_fragment_is_safe_and_replaces_itself():
    news = (("saga", (uuid.UUID(int=1), 5)), ('"><script>', (uuid.UUID(int=2), 1)))
    (html,) = fragment(news).texts
    assert fragment(news) is fragment(tuple(news))  # made once for all who are told the same
    assert html.count('<div id="lab-poke" hx-swap-oob="true"') == 2
    assert 'data-protocol="saga"' in html
    assert f'data-run="{uuid.UUID(int=1)}"' in html
    assert "<script>" not in html


def test_json_is_the_same_as_the_api_shows():
    row = (1, AT, "client", "api", "request", "withdraw", "made", 1, None, "ab", [], [], "", {"amount": "1.00"})
    batch = Batch(uuid.UUID(int=1), [row])
    event = json.loads(batch.json[0])
    assert event["to"] == "api"
    assert "error" not in event
    assert json.loads(batch.lab_json[0]) == {"run": str(uuid.UUID(int=1)), **event}
