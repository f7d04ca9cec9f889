"""Who reacts to which message: the routing table, filled by `on` when the protocols are loaded."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from distviz.codes import Reason
from distviz.trace.messages import Message
from distviz.trace.outcomes import Outcome


@dataclass(frozen=True)
class Failed:
    """A link of a chain has failed, for good: Celery calls what the chain has as `link_error`."""

    message: Message
    reason: Reason


Answer = Outcome | Message | Failed | None  # a message is for the next link of a chain


def as_end(answer: Answer) -> Outcome | None:
    """What ends the run, if this does."""
    return answer if isinstance(answer, Outcome) else None


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
    name: str = ""
    around: Callable[[Any], Answer] | None = None
    again: Callable[[Any], Answer] | None = None
    give_up: Callable[[Any, Reason], Answer] | None = None
    task: Any = field(default=None, repr=False)
    family: "list[Handler]" = field(default_factory=list, repr=False)  # the same reaction to several messages

    def __post_init__(self) -> None:
        self.name = self.name or f"{self.message.protocol}.{self.place.name}.{self.react.__name__}"
        self.family.append(self)

    def __call__(self, message: Message) -> Any:
        return self.react(message)

    def s(self, *args: Any) -> Any:
        """The signature of its Celery task, a link of a chain."""
        return self.task.s(*args)

    def take(self, message: Message, *, again: bool) -> Answer:
        react = self.again if again and self.again else self.around or self.react
        return react(message)

    def instead(self, react: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
        """What to do instead, each time. It calls the handler itself, once or more often."""
        for handler in self.family:
            handler.around = react
        return react

    def asked_again(self, react: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
        """What to do instead if this was asked for before: a repetition, a copy, or a sweep that drives the run on.
        It may call the handler itself."""
        for handler in self.family:
            handler.again = react
        return react

    def gives_up(self, react: Callable[[Any, Reason], Answer]) -> Callable[[Any, Reason], Answer]:
        """What to do once the retries are used up. Called with (message, why the last attempt failed)."""
        for handler in self.family:
            handler.give_up = react
        return react


ROUTES: dict[type[Message], list[Handler]] = {}
STARTS: dict[type[Message], Callable[[Any], object]] = {}  # what is called instead of publishing such a message


def handler_named(name: str) -> Handler:
    return next(h for handlers in ROUTES.values() for h in handlers if h.name == name)
