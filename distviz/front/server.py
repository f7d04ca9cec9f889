"""Daphne with our channel, and with sockets that are counted for each client."""

import gc
from pathlib import Path
from typing import Any

import daphne.server
from daphne.http_protocol import HTTPFactory
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

from distviz.front import limits
from distviz.front.access import Rotated
from distviz.front.channel import LimitedChannel, Request, client_at, peer_at
from distviz.front.limits import InUse


class Factory(HTTPFactory):
    """A connection for which there is no room is closed at once: that costs a descriptor for no time."""

    protocol = LimitedChannel

    def buildProtocol(self, address: Any) -> Any:
        held, client = self.server.held, client_at(address)
        if not held.enter(client, peer_at(address)):
            return None
        made = super().buildProtocol(address)
        made.held, made.client = held, client
        made.requestFactory = Request
        return made


class LiveView(WebSocketProtocol):
    """A live view, from the upgrade of its connection to its end."""

    def connectionMade(self) -> None:
        self.client = client_at(self.transport.getPeer())
        self.viewer = self.factory.viewer
        self.factory.server_class.held.view(self.viewer)
        super().connectionMade()

    def write_at_once(self, data: bytes) -> None:
        """Whole messages, into the socket where nothing waits before them: the reactor would be asked to look at the
        socket and not to look at it any more, for each of many clients. What the socket does not take, it gets."""
        line: Any = self.transport
        waits = line.dataBuffer or line._tempDataBuffer or self.send_queue or line.TLS or line.disconnecting
        sent = 0 if waits or not line.connected else line.writeSomeData(data)
        if sent != len(data):
            self.sendData(data[sent:] if isinstance(sent, int) else data)

    def connectionLost(self, reason: Any) -> None:
        held = self.factory.server_class.held
        held.view_ends(self.viewer)
        held.leave(self.client)
        super().connectionLost(reason)


class Views(WebSocketFactory):
    protocol = LiveView
    viewer = ""  # set by channel.Request just before a view is made


class Server(daphne.server.Server):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = InUse(limits.from_environment())
        stream = getattr(self.action_logger, "stream", None)
        if stream and Path(stream.name).is_file():
            self.action_logger.stream = Rotated(Path(stream.name))

    def run(self) -> None:
        """What has been loaded by now stays. Python's collector looked through all of it every few thousand events, for
        a tenth of a second, in which no live view hears anything."""
        gc.collect()
        gc.freeze()
        super().run()


# The names under which daphne.server looks for what it makes connections with; it has no other place for them.
daphne.server.HTTPFactory = Factory
daphne.server.WebSocketFactory = Views
