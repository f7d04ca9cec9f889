"""What is sent, encoded once for everybody who gets it."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Protocol

from autobahn.websocket.protocol import PreparedMessage

FRAME_LIMIT = 60_000  # bytes; Daphne's limit for messages, 64 KiB, is for both directions


class Frame:
    """One text or several, one after the other. What somebody is sent within one window is one write."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts

    @cached_property
    def wire(self) -> bytes:
        """The texts as messages of the WebSocket protocol, from the server to a client, not compressed."""
        messages = (PreparedMessage(text.encode(), False, False, True) for text in self.texts)
        return b"".join(message.payloadHybi for message in messages)


class Line(Protocol):
    """The connection to one viewer."""

    def write(self, frame: Frame) -> bool:
        """Send at once. False, and nothing is sent, if that is not possible now: something else is still on its way
        that the network has not taken."""

    async def send_frame(self, frame: Frame) -> None:
        """Send when the network takes it."""


def sized(texts: Iterable[str], most: int = FRAME_LIMIT) -> Iterator[list[str]]:
    """The same texts in groups of at most so many bytes; one that is longer is a group by itself."""
    group: list[str] = []
    room = most
    for text in texts:
        size = len(text.encode())
        if group and size > room:
            yield group
            group, room = [], most
        group.append(text)
        room -= size
    if group:
        yield group
