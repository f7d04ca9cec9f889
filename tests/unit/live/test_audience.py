"""Those who see the same: drawn once for all of them, and whoever cannot take it is told and caught up from the log."""

import asyncio
import uuid

from distviz.live import audience, drawing, pace
from distviz.live.hub import Hub
from distviz.live.looks import AS_JSON
from distviz.live.viewers import RunViewer
from distviz.story.picture.markup import Part
from tests.support.live_log import Log, Socket, async_test, until, watching


class Look:
    """Notes what is drawn. Rows are their numbers, and one part changes with every third row."""

    def __init__(self):
        self.drawn = []

    async def draw(self, batch):
        self.drawn.append((batch.first, batch.last))
        await asyncio.sleep(0)
        rows = [f'{{"seq": {row[0]}}}' for row in batch.rows]
        return drawing.HtmlDrawing(batch.first, rows, tuple(map(Part, (f"<act {batch.last // 3}>", "<sums>"))), "en")


class Line(Socket):
    """Counts what is written to it, and how often it was asked to wait."""

    def __init__(self):
        super().__init__()
        self.frames = []
        self.awaited = 0

    def write(self, frame):
        done = super().write(frame)
        self.frames += [frame] if done else []
        return done

    async def send_frame(self, frame):
        self.awaited += 1
        await super().send_frame(frame)


async def viewers(hub, run, look, many):
    lines = [Line() for _ in range(many)]
    for line in lines:
        viewer = RunViewer(run, 0, line, look)
        assert await hub.watch(viewer)
        asyncio.create_task(viewer.pump())  # noqa: RUF006
    await until(lambda: all("<sums>" in "".join(line.texts) for line in lines))
    await until(lambda: len(viewer.audience.in_step) == many)
    return lines


@async_test
async def test_what_is_new_is_drawn_and_encoded_once_and_written_at_once():
    log, run, look = Log(), uuid.uuid4(), Look()
    log.append(run)
    lines = await viewers(Hub(log), run, look, 20)
    look.drawn.clear()
    awaited = [line.awaited for line in lines]
    for _ in range(30):
        log.append(run)
    await until(lambda: all('"seq": 31' in "".join(line.texts) for line in lines))
    first = lines[0].frames
    assert sum(last - first + 1 for first, last in look.drawn) == 30
    assert len(first) == len(look.drawn)
    for line in lines:
        assert all(one is other for one, other in zip(line.frames, first, strict=True))
        assert len({id(frame.wire) for frame in line.frames}) == len(first)
    assert [line.awaited for line in lines] == awaited


@async_test
async def test_what_did_not_change_is_not_sent_again():
    log, run, look = Log(), uuid.uuid4(), Look()
    log.append(run)
    (line,) = await viewers(Hub(log), run, look, 1)
    for seq in range(2, 13):
        log.append(run)
        await until(lambda seq=seq: f'"seq": {seq}' in "".join(line.texts))
    everything = "".join(line.texts)
    assert everything.count("<sums>") == 1
    assert [everything.count(f"<act {n}>") for n in range(5)] == [1] * 5


@async_test
async def test_who_comes_later_has_every_part_and_then_only_what_changes():
    log, run, look = Log(), uuid.uuid4(), Look()
    for _ in range(4):
        log.append(run)
    hub = Hub(log)
    (early,) = await viewers(hub, run, look, 1)
    for _ in range(3):
        log.append(run)
    await until(lambda: '"seq": 7' in "".join(early.texts))
    late = Line()
    viewer = RunViewer(run, 7, late, look)  # has every row, and nothing of what stands around them
    await hub.watch(viewer)
    asyncio.create_task(viewer.pump())  # noqa: RUF006
    await until(lambda: viewer in viewer.audience.in_step)
    log.append(run)
    await until(lambda: '"seq": 8' in "".join(late.texts) and '"seq": 8' in "".join(early.texts))
    assert "<sums>" in late.texts[-1]
    assert "<sums>" not in early.texts[-1]
    log.append(run)
    await until(lambda: '"seq": 9' in "".join(late.texts) and '"seq": 9' in "".join(early.texts))
    assert late.frames[-1] is early.frames[-1]


@async_test
async def test_who_is_behind_is_told_so_until_it_has_caught_up():
    told, pace.TOLD_S = pace.TOLD_S, 0.02
    try:
        log, run, look = Log(), uuid.uuid4(), Look()
        log.append(run)
        hub = Hub(log)
        slow, fast = await viewers(hub, run, look, 2)
        slow.open.clear()
        for _ in range(200):
            log.append(run)
        await until(lambda: '"seq": 201' in "".join(fast.texts))
        await asyncio.sleep(0.1)  # longer than what nobody is told of
        slow.open.set()
        await until(lambda: '"seq": 201' in "".join(slow.texts))
        log.append(run)
        await until(lambda: '"seq": 202' in "".join(slow.texts))
    finally:
        pace.TOLD_S = told
    said = [text for text in slow.texts if 'id="pace"' in text]
    assert any("events behind; catching up from the run log." in text for text in said)
    assert "hidden" in said[-1]
    numbers = [int(part.split("}")[0]) for part in "".join(slow.texts).split('"seq": ')[1:]]
    assert numbers == list(range(1, 203))


@async_test
async def test_more_than_can_wait_is_read_from_the_log_once_for_all():
    queued, audience.QUEUED = audience.QUEUED, 20
    try:
        log, run, look = Log(), uuid.uuid4(), Look()
        log.append(run)
        lines = await viewers(Hub(log), run, look, 10)
        held, draw = asyncio.Event(), look.draw

        async def slowly(batch):
            await held.wait()
            return await draw(batch)

        look.draw = slowly
        for _ in range(100):
            log.append(run)
            await asyncio.sleep(0.001)
        await until(lambda: log.stream.empty())
        reads = log.reads
        held.set()
        await until(lambda: all('"seq": 101' in "".join(line.texts) for line in lines))
        assert log.reads - reads <= 6
        for line in lines:
            assert "".join(line.texts).split('"seq": ')[-1].startswith("101")
            assert line.frames[-1] is lines[0].frames[-1]
    finally:
        audience.QUEUED = queued


@async_test
async def test_a_drawing_that_fails_ends_those_who_see_it_and_nobody_else():
    log, run, look = Log(), uuid.uuid4(), Look()
    log.append(run)
    hub = Hub(log)
    program, _, _ = await watching(hub, run)
    viewer = RunViewer(run, 1, Line(), look)
    await hub.watch(viewer)
    task = asyncio.create_task(viewer.pump())
    await until(lambda: viewer.audience and viewer in viewer.audience.in_step)

    async def fails(batch):
        raise LookupError("the log is gone")

    look.draw = fails
    log.append(run)
    await until(task.done)
    assert isinstance(task.exception(), LookupError)
    await until(lambda: program.seqs == [1, 2])


@async_test
async def test_nothing_is_left_of_an_audience_when_the_last_one_goes():
    log, run = Log(), uuid.uuid4()
    log.append(run)
    hub = Hub(log)
    _, first, _ = await watching(hub, run)
    _, second, _ = await watching(hub, run)
    seen = first.audience
    assert seen is second.audience
    task = seen._task
    hub.leave(first)
    assert not task.cancelled()
    hub.leave(second)
    await until(task.cancelled)
    assert hub._watches == {}
    assert seen.look is AS_JSON


def test_how_far_behind_somebody_is():
    now = [100.0]
    monotonic, pace.time.monotonic = pace.time.monotonic, lambda: now[0]
    try:
        measured = pace.Pace(10)
        for seq in range(11, 31):
            now[0] += 0.1
            measured.heard(seq)
        assert measured.behind(30) == 0
        assert measured.behind(27) == 0  # not for long enough to be told
        assert measured.behind(20) == 10
        now[0] += 1
        assert measured.behind(29) == 1
        measured.heard(1_264)
        now[0] += 1
        assert measured.behind(30) == 1_200
    finally:
        pace.time.monotonic = monotonic
