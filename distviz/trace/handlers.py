"""Who reacts to which message: the routing table, filled by `on` when the protocols are loaded."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from distviz.trace.messages import Message
from distviz.trace.outcomes import Outcome

Answer = Outcome | None


class Place(Protocol):
    """What the bus has to know of a service: its name, its queue and its lane in the picture."""

    @property
    def name(self) -> str: ...

    @property
    def queue(self) -> str: ...

    @property
    def lane(self) -> str: ...


@dataclass
class Handler:
    """One service's reaction to one message."""

    place: Place
    message: type[Message]
    react: Callable[[Any], Answer]
    retries: bool
    give_up: Callable[[Any, str], Answer] | None = None
    task: Any = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return f"{self.message.protocol}.{self.place.name}.{self.react.__name__}"

    def __call__(self, message: Message) -> Answer:
        return self.react(message)

    def gives_up(self, react: Callable[[Any, str], Answer]) -> Callable[[Any, str], Answer]:
        """What to do once the retries are used up. Called with (message, last error)."""
        self.give_up = react
        return react


ROUTES: dict[type[Message], list[Handler]] = {}


def handler_named(name: str) -> Handler:
    return next(h for handlers in ROUTES.values() for h in handlers if h.name == name)
