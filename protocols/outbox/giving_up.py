"""When the retries at a consumer are used up."""

from collections.abc import Callable
from typing import Any

from django.db import DatabaseError
from pymongo.errors import PyMongoError

from distviz.codes import Reason
from distviz.errors import Transient
from distviz.trace.messages import Message


def unless_down(ask: Callable[[], Any]) -> Callable[[Message, Reason], None]:
    """As long as the store itself does not answer, the message is not to blame: it stays unacknowledged, and the relay
    sends it again. Otherwise it is a dead letter, and a person has to look."""

    def react(message: Message, error: Reason) -> None:
        try:
            ask()
        except (DatabaseError, PyMongoError):
            return
        raise Transient(error)

    return react
