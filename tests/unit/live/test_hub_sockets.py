"""The sockets themselves, over a hub without servers: who is let in, and what is said to whom."""

import asyncio
import functools
import inspect
import json
import re
import uuid
from types import SimpleNamespace

import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from distviz.live import consumers, drawing, frames
from distviz.live.frames import Frame
from distviz.live.hub import Hub
from distviz.live.routing import SameOrigin, websocket_urlpatterns
from distviz.story.picture.markup import Part
from tests.support.live_log import Log

OURS = [(b"host", b"localhost:8000"), (b"origin", b"http://localhost:8000")]
application = SameOrigin(URLRouter(websocket_urlpatterns))


def socket(path, headers=OURS):
    return WebsocketCommunicator(application, path, headers=headers)


def with_log(test):
    @functools.wraps(test)
    def run(monkeypatch):
        async def begin():
            log = Log()
            hub = Hub(log)
            monkeypatch.setattr(consumers, "the_hub", lambda: hub)
            wants = inspect.signature(test).parameters
            await (test(log, hub, monkeypatch) if "monkeypatch" in wants else test(log, hub))

        asyncio.run(asyncio.wait_for(begin(), 60))

    del run.__wrapped__
    return run


async def closed_with(path):
    client = socket(path)
    assert (await client.connect(timeout=10))[0]
    found = await client.receive_output(timeout=10)
    assert found["type"] == "websocket.close"
    return found["code"]


@pytest.mark.parametrize(
    "headers",
    [
        [(b"host", b"localhost:8000")],
        [(b"host", b"localhost:8000"), (b"origin", b"http://evil.example")],
        [(b"host", b"localhost:8000"), (b"origin", b"http://localhost:8001")],
        [(b"host", b"localhost:8000"), (b"origin", b"null")],
        [(b"host", b"evil.example"), (b"origin", b"http://evil.example")],
        [*OURS, (b"origin", b"http://evil.example")],
        [(b"origin", b"http://localhost:8000")],
    ],
)
def test_a_foreign_or_missing_origin_is_refused(headers):
    async def attempt():
        assert not (await socket("/ws/lab/", headers).connect())[0]

    asyncio.run(attempt())


@with_log
async def test_json_of_a_run(log, hub):
    run = uuid.uuid4()
    log.append(run)
    log.append(run)
    client = socket(f"/ws/runs/{run}/?after=1&format=json")
    assert (await client.connect(timeout=10))[0]
    assert json.loads(await client.receive_from(timeout=10))["seq"] == 2
    log.append(run)
    assert json.loads(await client.receive_from(timeout=10))["seq"] == 3
    await client.disconnect()
    assert len(hub) == 0


@with_log
async def test_html_is_drawn_once_for_all(log, hub, monkeypatch):
    run, drawn = uuid.uuid4(), []
    log.append(run)

    def draw(batch, language):
        drawn.append((batch.last, language))
        return drawing.HtmlDrawing(batch.first, [f"<li>{row[0]}</li>" for row in batch.rows], (), language)

    def of(rows):
        return f'<ol id="lanes" hx-swap-oob="beforeend"><li>{rows}</li></ol>'

    monkeypatch.setattr(drawing, "_draw", draw)
    clients = [socket(f"/ws/runs/{run}/") for _ in range(5)]
    for client in clients:
        await client.connect(timeout=10)
        assert (await client.receive_from(timeout=10)).startswith(of(1))
    drawn.clear()
    log.append(run)
    for client in clients:
        assert await client.receive_from(timeout=10) == of(2)
    assert drawn == [(2, "en")]
    ukrainian = socket(f"/ws/runs/{run}/?after=1", [*OURS, (b"accept-language", b"uk")])
    await ukrainian.connect()
    await ukrainian.receive_from(timeout=10)
    assert drawn[-1] == (2, "uk")


def test_frames_stay_below_the_limit_of_the_server():
    """Long rows are sent in more and smaller texts; every row is in exactly one of them, whoever has what before."""
    lengths = {3: 50_000, 4: 20_000, 17: 200_000}
    rows = [f"[{seq}]" + "x" * lengths.get(seq, 1_000) for seq in range(1, 41)]
    drawn = drawing.HtmlDrawing(1, rows, (Part("[next]" + "y" * 7_000),), "en")
    for after in (30, 0, 0, 5, 39, 12):
        frame, _ = drawn.frame(after, (), 0)
        everything = "".join(frame.texts)
        assert [int(n) for n in re.findall(r"\[(\d+)\]", everything)] == list(range(after + 1, 41))
        assert everything.count("[next]") == 1
        assert all(len(text) <= frames.FRAME_LIMIT + 100 for text in frame.texts if "[17]" not in text)


@with_log
async def test_what_is_not_there_is_4404(log, hub):
    assert await closed_with(f"/ws/runs/{uuid.uuid4()}/") == 4404
    assert await closed_with("/ws/runs/nonsense/") == 4404
    assert len(hub) == 0


@with_log
async def test_nonsense_is_4400(log, hub):
    run = uuid.uuid4()
    log.append(run)
    for query in ("after=-1", "after=x", "after=9999999999", "after=%D9%A1", "format=xml"):
        assert await closed_with(f"/ws/runs/{run}/?{query}") == 4400
    assert await closed_with("/ws/lab/?protocol=odd") == 4400
    assert await closed_with("/ws/lab/?format=xml") == 4400


@with_log
async def test_no_such_address(log, hub):
    assert not (await socket("/ws/elsewhere/").connect())[0]


@with_log
async def test_the_lab(log, hub):
    as_json, as_html = socket("/ws/lab/?format=json"), socket("/ws/lab/?protocol=saga")
    assert (await as_json.connect())[0]
    assert (await as_html.connect())[0]
    run = uuid.uuid4()
    log.append(run)
    assert json.loads(await as_json.receive_from(timeout=10))["run"] == str(run)
    assert f'data-run="{run}"' in await as_html.receive_from(timeout=10)


@with_log
async def test_what_clients_say_is_ignored_up_to_a_point(log, hub):
    run = uuid.uuid4()
    log.append(run)
    client = socket(f"/ws/runs/{run}/?format=json")
    await client.connect(timeout=10)
    await client.receive_from(timeout=10)
    await client.send_to(text_data="[" * 1000)
    await client.send_to(bytes_data=b"\x00\xff")
    assert await client.receive_nothing()
    for _ in range(consumers.MESSAGES):
        await client.send_to(text_data="x")
    assert (await client.receive_output(timeout=10))["code"] == consumers.TOO_TALKATIVE


@with_log
async def test_a_message_that_is_too_big_ends_it(log, hub):
    run = uuid.uuid4()
    log.append(run)
    client = socket(f"/ws/runs/{run}/?after=1&format=json")
    await client.connect(timeout=10)
    await client.send_to(text_data="x" * (consumers.MESSAGE_LIMIT + 1))
    assert (await client.receive_output(timeout=10))["code"] == consumers.TOO_BIG


@with_log
async def test_no_more_than_so_many(log, hub):
    consumers.VIEWERS, most = 0, consumers.VIEWERS
    try:
        assert await closed_with("/ws/lab/") == consumers.FULL
    finally:
        consumers.VIEWERS = most


class Daphne:
    """What a socket writes to."""

    STATE_OPEN = 3

    def __init__(self, *, full=False, state=3):
        self.transport = SimpleNamespace(producerPaused=full)
        self.state = state
        self.sent = []

    def sendData(self, data):
        self.sent.append(data)

    async def handle_reply(self, message):
        raise AssertionError("encoded once more")


def line_to(protocol):
    line = consumers.RunConsumer()

    async def handle_reply(protocol, message):
        await protocol.handle_reply(message)

    line.base_send = functools.partial(handle_reply, protocol)
    return line


def test_a_full_transport_is_noticed():
    full, gone, open_ = Daphne(full=True), Daphne(state=0), Daphne()
    assert not line_to(full).write(Frame(["a"]))
    assert line_to(gone).write(Frame(["a"]))
    assert line_to(open_).write(Frame(["a"]))
    assert [one.sent for one in (full, gone, open_)] == [[], [], [b"\x81\x01a"]]


def test_the_same_bytes_go_to_everybody():
    frame, lines = Frame(["ї" * 100, "b" * 70_000]), [Daphne() for _ in range(3)]
    for one in lines:
        assert line_to(one).write(frame)
    sent = [one.sent[0] for one in lines]
    assert sent[0] is sent[1] is sent[2]
    short, long = b"\x81\x7e\x00\xc8" + "ї".encode() * 100, b"\x81\x7f" + (70_000).to_bytes(8, "big") + b"b" * 70_000
    assert sent[0] == short + long
