"""The sockets themselves, over a hub without servers: who is let in, and what is said to whom."""

import asyncio
import functools
import json
import re
import uuid
from types import SimpleNamespace

import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from distviz.live import consumers, drawing
from distviz.live.hub import Hub
from distviz.live.routing import SameOrigin, websocket_urlpatterns
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
            await test(log, hub)

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
async def test_html_is_drawn_once_for_all(log, hub):
    run, drawn = uuid.uuid4(), []
    log.append(run)

    def draw(batch, language):
        drawn.append((batch.last, language))
        return [f"<ol>{batch.last}</ol>"]

    drawing._draw, real = draw, drawing._draw
    try:
        clients = [socket(f"/ws/runs/{run}/") for _ in range(5)]
        for client in clients:
            await client.connect(timeout=10)
            assert await client.receive_from(timeout=10) == "<ol>1</ol>"
        drawn.clear()
        log.append(run)
        for client in clients:
            assert await client.receive_from(timeout=10) == "<ol>2</ol>"
        assert drawn == [(2, "en")]
        ukrainian = socket(f"/ws/runs/{run}/?after=1", [*OURS, (b"accept-language", b"uk")])
        await ukrainian.connect()
        await ukrainian.receive_from(timeout=10)
        assert drawn[-1] == (2, "uk")
    finally:
        drawing._draw = real


class Drawn:
    """A picture whose rows are as long as their number says."""

    lengths = {3: 50_000, 4: 20_000, 17: 200_000}

    def __init__(self):
        self.rows = []

    @property
    def last_seq(self):
        return len(self.rows)

    def feed(self, event):
        self.rows.append(f"[{event.seq}]" + "x" * self.lengths.get(event.seq, 1_000))


def test_frames_stay_below_the_limit_of_the_server(monkeypatch):
    """Long rows are sent in more and smaller frames; every row is in exactly one of them, whoever drew before."""
    monkeypatch.setattr(drawing.markup, "draw", lambda picture, rows: "".join(rows))
    drawn = Drawn()

    def past(run, seq, events):
        for event in events:
            if event.seq == drawn.last_seq + 1:
                drawn.feed(event)
        while drawn.last_seq < seq:
            drawn.feed(SimpleNamespace(seq=drawn.last_seq + 1))
        return drawn

    monkeypatch.setattr(drawing.kept_pictures, "past", past)
    log, run = Log(), uuid.uuid4()
    for _ in range(40):
        log.append(run)

    def all_after(seq):
        parts = asyncio.run(log.read({run: seq}))[0].parts(drawing.ROWS)
        return [text for part in parts for text in drawing._draw(part, "en")]

    for seq in (30, 0, 0, 5, 39, 12):
        texts = all_after(seq)
        assert [int(n) for n in re.findall(r"\[(\d+)\]", "".join(texts))] == list(range(seq + 1, 41))
        assert all(len(text) <= drawing.FRAME_LIMIT for text in texts if "[17]" not in text)


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


def test_a_full_transport_is_noticed():
    def send(protocol, message):
        pass

    for paused in (True, False):
        protocol = SimpleNamespace(transport=SimpleNamespace(producerPaused=paused))
        assert consumers._congested(functools.partial(send, protocol)) is paused
    assert consumers._congested(send) is False
