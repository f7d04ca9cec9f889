"""What the picture needs of events, runs and protocols: plain shapes, so that the fold knows no database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

# The columns of the picture, always in this order.
LANES = ("client", "api", "account", "payment", "notification", "queue", "read_model")


class EventLike(Protocol):
    """A row of the run log, see distviz.trace.models.Event."""

    seq: int
    at: datetime
    lane: str
    to: str
    kind: str
    name: str
    phase: str
    attempt: int
    caused_by: int | None
    span_id: str
    changes: Any
    statements: Any
    error: str
    data: Any


class StepLike(Protocol):
    """One line of a protocol's plan."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
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
    def points(self) -> Sequence[tuple[str, Sequence[str]]]: ...


class PlanLike(Protocol):
    """A protocol of the registry, as far as it can be drawn."""

    @property
    def key(self) -> str: ...
    @property
    def lanes(self) -> Mapping[str, str]: ...
    @property
    def steps(self) -> Sequence[StepLike]: ...


class RunFacts(Protocol):
    """What is known of a run before its first event; distviz.trace.models.Run has it."""

    @property
    def account(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...
