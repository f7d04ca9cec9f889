"""What the page of `/attention/` is made of."""

from dataclasses import dataclass
from decimal import Decimal

from distviz.dashboard.attention import words
from distviz.services.strays import Stray
from distviz.trace.models import DeadLetter, Parked, Run
from protocols.catalogue import Protocol
from protocols.doubts import Doubt
from protocols.registry import PROTOCOLS


@dataclass
class Item:
    """One row of the desk. `key` is its id on the page; `note` says what came of what was pressed there."""

    key: str
    cause: str
    title: str
    words: words.Words
    run: Run | None = None
    age: float = 0
    error: str = ""
    attempts: int = 0
    owed: Decimal = Decimal(0)
    doubt: Doubt | None = None
    stray: Stray | None = None
    message: Parked | None = None
    letter: DeadLetter | None = None
    alive: bool = True
    note: str = ""
    wrong: str = ""
    reason: str = ""
    kind: str = ""  # of what failed: the same for runs that failed in the same way

    @property
    def strays_prepared(self) -> list[Stray]:
        return [self.stray] if self.stray else []


@dataclass
class CauseGroup:
    """All items of one cause, or of one kind of it. `more` of them are not shown here."""

    cause: str
    title: str
    items: list[Item]
    more: int = 0
    kind: str = ""
    says: str = ""

    @property
    def key(self) -> str:
        return f"{self.cause}-{self.kind}" if self.kind else self.cause

    @property
    def owed(self) -> Decimal:
        """What all of them have taken and not paid."""
        return sum((item.owed for item in self.items), Decimal(0))


@dataclass
class AttentionPage:
    groups: list[CauseGroup]
    silent_servers: list[str]
    done: list[Item]

    @property
    def total(self) -> int:
        return sum(len(group.items) + group.more for group in self.groups)

    @property
    def ended(self) -> int:
        """How many of those that were acted upon are over; the others are on their way."""
        return sum(1 for item in self.done if item.run and item.run.finished_at)

    @property
    def examples(self) -> list[Protocol]:
        """Whose lab shows how something comes to stand here."""
        return [protocol for protocol in PROTOCOLS.values() if protocol.doubts]

    def put(self, item: Item) -> None:
        """This very item in the place of the one with its key, wherever that is."""
        for items in [self.done, *(group.items for group in self.groups)]:
            items[:] = [item if one.key == item.key else one for one in items]
