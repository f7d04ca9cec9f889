"""What every protocol's messages have in common: type, tx_id, user_id, amount, timestamp (and a reason)."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from distviz.codes import Reason
from distviz.story.words.sentences import english
from distviz.trace.messages import Message, from_wire

__all__ = ["Command", "DomainEvent", "Message", "Reply", "as_stored", "read"]


@dataclass(frozen=True, kw_only=True)
class Command(Message):
    """A wish: addressed to one service, drawn as a solid arrow."""

    form = "command"


@dataclass(frozen=True, kw_only=True)
class DomainEvent(Message):
    """A fact: published on a channel for every subscriber, drawn as a dashed arrow."""

    form = "event"


@dataclass(frozen=True, kw_only=True)
class Reply(Message):
    """An answer to the sender of a command."""

    form = "reply"


def as_stored(why: Reason | None) -> dict[str, Any]:
    """A reason as it is stored: in English, and as the code that this was made of."""
    return {"reason": english(why), "why": why.as_json()} if why else {}


@lru_cache(maxsize=256)  # whoever publishes a row looks at it several times
def read(payload: str, named: str, tx_id: str) -> Message:
    """A message that was stored in a row, if it is the one that the row says it is. Raises an error for garbage."""
    message = from_wire(json.loads(payload))
    if (message.wire_type(), message.tx_id) != (named, tx_id):
        raise ValueError(f"the payload is another message's: {message.wire_type()} of {message.tx_id}")
    return message
