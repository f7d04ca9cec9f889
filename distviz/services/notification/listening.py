"""Notes when the server of the notifications does not answer, and when it does again; see distviz/silence.py."""

from typing import Any

from pymongo import monitoring

from distviz import silence

SERVER = "mongo"


class Commands(monitoring.CommandListener):
    def started(self, event: Any) -> None:
        """Nothing is known yet."""

    def succeeded(self, event: Any) -> None:
        silence.over(SERVER)

    def failed(self, event: Any) -> None:
        """An answer that refuses is an answer."""
        if "errtype" in event.failure:  # an exception of the driver
            silence.note(SERVER)


class Heartbeats(monitoring.ServerHeartbeatListener):
    """Of the driver's own thread, which asks a server that is gone again and again."""

    def started(self, event: Any) -> None:
        """Nothing is known yet."""

    def succeeded(self, event: Any) -> None:
        silence.over(SERVER)

    def failed(self, event: Any) -> None:
        silence.note(SERVER)
