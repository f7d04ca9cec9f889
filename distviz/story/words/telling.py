"""What is said of one event: the text on its row of the picture, and one sentence of what it means for the money."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from distviz.codes import Reason
from distviz.story.money_strip import Money
from distviz.story.shapes import EventLike
from distviz.story.words import changes
from distviz.story.words.changes import Change
from distviz.story.words.sentences import reason_of, why
from distviz.story.words.wording import Names, short


@dataclass(frozen=True, slots=True)
class Label:
    """The text on a row: a short word in capitals, what it is about, a note behind it, and the fault point it is at."""

    word: str
    what: str
    note: str = ""
    tone: str = "plain"
    icon: str = ""
    point: str = ""


@dataclass(frozen=True, slots=True)
class EventText:
    label: Label
    sentence: str
    why: str = ""  # the error, in the page's language


@dataclass(frozen=True)
class Seen:
    """An event, with what its words are made of."""

    event: EventLike
    names: Names
    money: Money

    @cached_property
    def data(self) -> dict[str, Any]:
        return self.event.data if isinstance(self.event.data, dict) else {}

    @cached_property
    def rows(self) -> list[Change]:
        return changes.lines(self.event.changes)

    @cached_property
    def change(self) -> str:
        """The one change that says most."""
        return changes.headline(self.rows)

    @property
    def step(self) -> str:
        return self.names.step(self.event.name)

    @cached_property
    def reason(self) -> Reason | None:
        return reason_of(self.data)

    @property
    def why(self) -> str:
        return why(self.event)

    @cached_property
    def wrote(self) -> bool:
        """Whether a row is new: all that is shown may have been there before."""
        return any(row.verb != "found" for row in self.rows)

    @property
    def attempt(self) -> int:
        return self.names.copies.attempt(self.event)

    @property
    def copy(self) -> bool:
        return self.names.copies.is_copy(self.event.span_id)

    @property
    def compensates(self) -> bool:
        return bool(self.data.get("compensates"))

    def say(self, sentence: str, **more: Any) -> str:
        """A sentence with the names of this event in it."""
        event, names = self.event, self.names
        return sentence % {
            "lane": names.lane(event.lane),
            "to": names.lane(event.to) if event.to else "",
            "name": event.name,
            "step": self.step,
            "who": names.account,
            "sum": changes.dollars(names.amount),
            "error": short(self.why, 200),
            **more,
        }
