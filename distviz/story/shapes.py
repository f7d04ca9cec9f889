"""What the picture needs of events, runs and protocols: plain shapes, so that the fold knows no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Lane:
    """A column of the picture. The texts may be lazy: they are translated when they are shown."""

    name: Any  # in a sentence: "Account"
    store: Any = ""  # the database beneath it: "PostgreSQL"
    short: Any = ""  # where a column is narrow; the name, if nothing else is given
    locks: bool = False  # a transaction that is open here may keep others waiting

    @property
    def brief(self) -> str:
        return str(self.short or self.name)

    def __str__(self) -> str:
        return f"{self.name} ({self.store})" if self.store else str(self.name)


# The columns of the picture, in their order. Protocols add theirs when they register. MongoDB's single writes block
# no other session.
LANES: dict[str, Lane] = {
    "client": Lane(_("Client")),
    "api": Lane(_("API / Coordinator"), short=_("API")),
    "account": Lane(_("Account"), "PostgreSQL", locks=True),
    "payment": Lane(_("Payment"), "PostgreSQL", locks=True),
    "notification": Lane(_("Notification"), "MongoDB", short=_("Notif.")),
}


def add_lanes(own: Mapping[str, Lane]) -> None:
    """A lane that is known already keeps its place; what a protocol calls it is the protocol's matter."""
    for key, lane in own.items():
        LANES.setdefault(key, lane)


def locking() -> list[str]:
    """The lanes whose locks are measured."""
    return [key for key, lane in LANES.items() if lane.locks]


class EventLike(Protocol):
    """A row of the run log, see distviz.trace.models.Event."""

    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def lane(self) -> str: ...
    @property
    def to(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def phase(self) -> str: ...
    @property
    def attempt(self) -> int: ...
    @property
    def caused_by(self) -> int | None: ...
    @property
    def span_id(self) -> str: ...
    @property
    def changes(self) -> Any: ...
    @property
    def statements(self) -> Any: ...
    @property
    def error(self) -> str: ...
    @property
    def data(self) -> Any: ...


def goes_forward(decision: EventLike) -> bool:
    """Whether a decision is to do it. A protocol whose word for that is not COMMIT says so in the event."""
    data = decision.data if isinstance(decision.data, dict) else {}
    return bool(data.get("forward", decision.name.upper() == "COMMIT"))


class StepLike(Protocol):
    """One line of a protocol's plan."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> Any: ...
    @property
    def lane(self) -> str: ...
    @property
    def to(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def point(self) -> str: ...
    @property
    def compensation(self) -> bool: ...

    @property
    def empty(self) -> bool: ...
    def points(self) -> Sequence[tuple[str, Sequence[str]]]: ...


class PlanLike(Protocol):
    """A protocol of the registry, as far as it can be drawn."""

    @property
    def key(self) -> str: ...
    @property
    def may_lose(self) -> bool: ...
    @property
    def lanes(self) -> Mapping[str, Lane]: ...
    @property
    def steps(self) -> Sequence[StepLike]: ...


class RunFacts(Protocol):
    """What is known of a run before its first event; distviz.trace.models.Run has it."""

    @property
    def account(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...
