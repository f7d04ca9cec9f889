"""The sockets: /ws/runs/{id}/ and /ws/lab/. They only send; what a client sends is counted and otherwise ignored."""

import asyncio
import contextlib
import functools
import logging
import time
from abc import ABC, abstractmethod
from typing import Any, ClassVar
from urllib.parse import parse_qs
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer

from distviz.live.drawing import Html, language_of
from distviz.live.frames import Frame
from distviz.live.hub import Viewer, the_hub
from distviz.live.looks import AS_JSON, Look
from distviz.live.viewers import LabPokes, LabViewer, RunViewer, TooSlow
from protocols import registry

_log = logging.getLogger(__name__)

MESSAGE_LIMIT = 64 * 1024
MESSAGES, PER_S = 30, 10.0
VIEWERS = 2_000  # of this web server
CONGESTED_S = 0.02  # until a client that has not taken everything is looked at again

# Close codes in the manner of HTTP; Daphne sends none of the protocol's own but 1000.
BAD_REQUEST, NOT_FOUND, TOO_SLOW, TOO_BIG, TOO_TALKATIVE, FAILED, FULL = 4400, 4404, 4408, 4413, 4429, 4500, 4503


class Refused(Exception):
    """This socket gets nothing. `code` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class LiveConsumer(AsyncWebsocketConsumer, ABC):
    """A viewer of the hub, for as long as the socket is open; and the line to it."""

    channel_layer_alias = ""  # none: a queue in Valkey for each socket is what the hub is there to avoid
    formats: ClassVar[tuple[str, ...]] = ("html", "json")

    async def connect(self) -> None:
        self._viewer: Viewer | None = None
        self._pump: asyncio.Task[None] | None = None
        self._said: list[float] = []
        self._sending: asyncio.Task[None] | None = None
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        try:
            if len(the_hub()) >= VIEWERS:
                raise Refused(FULL)
            self._viewer = await self.viewer({name: values[-1] for name, values in query.items()})
        except Refused as refusal:
            await self._turn_away(refusal.code)
            return
        except Exception:
            _log.exception("live view: a socket could not be opened; the page will try again")
            await self._turn_away(FULL)
            return
        await self.accept()
        self._pump = asyncio.create_task(self._talk(self._viewer))

    @abstractmethod
    async def viewer(self, query: dict[str, str]) -> Viewer:
        """Begin to watch. Raises Refused."""

    async def _turn_away(self, code: int) -> None:
        await self.accept()  # before that there are no close codes, only a 403
        await self.close(code)

    async def disconnect(self, code: int) -> None:
        if self._pump:
            self._pump.cancel()
        if self._viewer:
            the_hub().leave(self._viewer)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if len(text_data or bytes_data or "") > MESSAGE_LIMIT:
            await self.close(TOO_BIG)
            return
        now = time.monotonic()
        self._said = [at for at in self._said if at > now - PER_S] + [now]
        if len(self._said) > MESSAGES:
            await self.close(TOO_TALKATIVE)

    def write(self, frame: Frame) -> bool:
        """Send at once; False if the network has not taken what was sent before (the server would keep the rest in
        memory without limit)."""
        protocol = _protocol_of(self.base_send)
        if protocol is not None:
            return write_to(protocol, frame)
        if self._sending and not self._sending.done():
            return False
        self._sending = asyncio.create_task(self._send_each(frame))
        return True

    async def send_frame(self, frame: Frame) -> None:
        while not self.write(frame):
            await asyncio.sleep(CONGESTED_S)

    async def _send_each(self, frame: Frame) -> None:
        """To a server that is not Daphne; its `send` waits for the network."""
        for text in frame.texts:
            await self.send(text_data=text)

    async def _talk(self, viewer: Viewer) -> None:
        try:
            await viewer.pump()
        except TooSlow:
            await self.close(TOO_SLOW)
        except Exception:
            _log.exception("live view: a socket failed; the page will connect again")
            with contextlib.suppress(Exception):
                await self.close(FAILED)


class RunConsumer(LiveConsumer):
    """One run: the events after `after`, then each new one."""

    async def viewer(self, query: dict[str, str]) -> RunViewer:
        after, shape = query.get("after", "0"), query.get("format", "html")
        if not (after.isascii() and after.isdecimal() and len(after) < 10) or shape not in self.formats:
            raise Refused(BAD_REQUEST)
        try:
            run = UUID(self.scope["url_route"]["kwargs"]["run"])
        except ValueError:
            raise Refused(NOT_FOUND) from None
        hub = the_hub()
        look: Look = AS_JSON if shape == "json" else Html(language_of(self.scope))
        viewer = RunViewer(run, int(after), self, look)
        if not await hub.watch(viewer):
            raise Refused(NOT_FOUND)
        return viewer


class LabConsumer(LiveConsumer):
    """All runs, or those of one protocol: every new event as JSON, or for pages only that there is one."""

    async def viewer(self, query: dict[str, str]) -> LabViewer | LabPokes:
        protocol, shape = query.get("protocol", ""), query.get("format", "html")
        if shape not in self.formats or (protocol and protocol not in registry.PROTOCOLS):
            raise Refused(BAD_REQUEST)
        hub = the_hub()
        viewer: LabViewer | LabPokes
        if shape == "json":
            viewer = LabViewer(hub.source.read, self, protocol)
        else:
            viewer = LabPokes(self, protocol)
        await hub.watch_lab(viewer)
        return viewer


class NowhereConsumer(AsyncWebsocketConsumer):
    """There is no socket at this address."""

    channel_layer_alias = ""

    async def connect(self) -> None:
        await self.close()


def _protocol_of(send: Any) -> Any:
    """Daphne's protocol of this socket; None with another server, or in a test."""
    protocol = send.args[0] if isinstance(send, functools.partial) and send.args else None
    return protocol if hasattr(protocol, "sendData") else None


def write_to(protocol: Any, frame: Frame) -> bool:
    """Past Channels and Daphne, which would encode the text anew for each client, and whose `send` never waits: not
    while there are 64 KiB for this client that the network has not taken."""
    if getattr(protocol.transport, "producerPaused", False):
        return False
    if protocol.state == protocol.STATE_OPEN:
        getattr(protocol, "write_at_once", protocol.sendData)(frame.wire)
    return True
