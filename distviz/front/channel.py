"""A connection: Twisted's HTTP channel, which is refused what is too large or too slow before it keeps or parses it."""

from typing import Any

from daphne.http_protocol import WebRequest
from twisted.web.http import HTTPChannel

from distviz.codes import Reason
from distviz.front import refusing
from distviz.front.limits import InUse
from distviz.web.proxies import client_of, origin

ROOT_PATH = b"Daphne-Root-Path"  # Daphne believes it, whoever sends it: the address would be another for each reader
LINGER_S = 5  # who sends a large body reads the answer when he has sent it


class LimitedChannel(HTTPChannel):
    """One client's connection. Its deadlines run from the first byte of a request until the last."""

    maxHeaders = 100
    held: InUse  # set by the factory
    client: str

    def __init__(self) -> None:
        super().__init__()
        self.refused = False
        self._deadline: Any = None  # what callLater gave
        self._uri = b""

    def dataReceived(self, data: bytes) -> None:
        if self.refused:
            return  # thrown away: reading on lets the answer arrive
        if self._deadline is None and not self._handlingRequest:
            self._within(self.held.limits.header_s)
        super().dataReceived(data)

    def lineReceived(self, line: bytes) -> None:
        if not self.refused:
            super().lineReceived(line)

    def rawDataReceived(self, data: bytes) -> None:
        if not self.refused:
            super().rawDataReceived(data)

    def allHeadersReceived(self) -> None:
        """Called before the first byte of a body is kept, and before the client is told to go on."""
        uri: Any = self._path
        self._uri = uri
        most = self.held.limits.body_at(self._uri)
        if self.length and self.length > most:
            self.too_large(most)
            return
        if self.length != 0:
            self._within(self.held.limits.request_s)
        super().allHeadersReceived()

    def allContentReceived(self) -> None:
        if not self.refused:
            self._within(None)
            super().allContentReceived()

    def too_large(self, most: int) -> None:
        self.refuse(413, Reason.of("body_too_large", kib=most // 1024))

    def refuse(self, status: int, reason: Reason) -> None:
        """Answer, keep nothing more of what comes, and end soon."""
        if self.refused:
            return
        self.refused = True
        self._within(None)
        self.setTimeout(None)
        line: Any = self.transport
        line.write(refusing.answer(status, reason, self._uri))
        line.loseWriteConnection()
        self._deadline = self.callLater(LINGER_S, line.abortConnection)

    def connectionLost(self, reason: Any = None) -> None:
        self._within(None)
        self.held.leave(self.client)
        super().connectionLost(reason)

    def _within(self, seconds: float | None) -> None:
        """A new deadline instead of the last one, or none."""
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.callLater(seconds, self._late)

    def _late(self) -> None:
        self.refuse(408, Reason("request_too_slow"))


class Request(WebRequest):
    """Daphne's request. Twisted would parse each posted form into memory to no use: Django reads it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.got = 0
        super().__init__(*args, parsePOSTFormSubmission=False, **kwargs)

    def handleContentChunk(self, data: bytes) -> None:
        """A body without a length is counted as it comes; all bodies together have a limit too."""
        channel = self.channel
        held, most = channel.held, channel.held.limits.body_at(channel._uri)
        if channel.refused:
            return
        if self.got + len(data) > most:
            channel.too_large(most)
        elif held.bodies + len(data) > held.limits.bodies:
            channel.refuse(503, Reason("server_full"))
        else:
            self.got += len(data)
            held.bodies += len(data)
            super().handleContentChunk(data)

    def process(self) -> Any:
        channel = self.channel
        self.requestHeaders.removeHeader(ROOT_PATH)
        upgrade = self.requestHeaders.getRawHeaders(b"Upgrade", [b""])[0]
        if upgrade.lower() == b"websocket":
            viewer = self._viewer()
            if not channel.held.may_view(viewer):
                channel.refuse(429, Reason("too_many_views"))
                return None
            self.server.ws_factory.viewer = viewer  # of the view that is made next, which is now
        return super().process()

    def _viewer(self) -> str:
        """Whose share of live views it is: behind a trusted proxy, that of whom it speaks for."""
        forwarded = [line.decode("latin-1") for line in self.requestHeaders.getRawHeaders(b"X-Forwarded-For", [])]
        peer = peer_at(self.channel.transport.getPeer())
        return client_of(origin(peer, forwarded, self.channel.held.limits.proxies))

    def finish(self) -> None:
        self._give_back()
        super().finish()

    def connectionLost(self, reason: Any) -> None:
        self._give_back()
        super().connectionLost(reason)

    def _give_back(self) -> None:
        got, self.got = self.got, 0
        if got and self.channel is not None:
            self.channel.held.bodies -= got


def client_at(address: Any) -> str:
    return client_of(peer_at(address))


def peer_at(address: Any) -> str:
    """The address itself: of an IPv6 client not its network, which no proxy is."""
    return str(getattr(address, "host", ""))
