"""What every protocol's messages have in common: type, tx_id, user_id, amount, timestamp (and a reason)."""

from dataclasses import dataclass

from distviz.trace.messages import Message


@dataclass(frozen=True, kw_only=True)
class Command(Message):
    """A wish: addressed to one service, drawn as a solid arrow."""

    form = "command"


@dataclass(frozen=True, kw_only=True)
class Event(Message):
    """A fact: published on a channel for whoever listens, drawn as a dashed arrow."""

    form = "event"
