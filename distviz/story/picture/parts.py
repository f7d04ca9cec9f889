"""The money strip of a row: four parts, and where each stands above and below it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from distviz.story.money_strip import PARTS, Money
from distviz.story.words.changes import amount


def part_names() -> dict[str, str]:
    """The parts of the money in words."""
    return {
        "account": _("in the account"),
        "in_flight": _("in flight"),
        "paid": _("paid"),
        "missing": _("missing"),
        "overpaid": _("paid twice"),
    }


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the money at one row: whether it held any above the row, and below it."""

    name: str
    up: bool
    down: bool
    text: str
    twice_up: bool = False  # more than was taken
    twice_down: bool = False

    @property
    def css(self) -> str:
        flags = {"up": self.up, "down": self.down, "twice-up": self.twice_up, "twice-down": self.twice_down}
        return f"m-{self.name}{names(flags)}"

    @property
    def said(self) -> str:
        """Its name: which part it is, and the new sum where that changes; nothing for a part that is empty."""
        named = part_names()[self.name] if self.up or self.down or self.text else ""
        return f"{named} ${self.text}" if self.text else named

    @property
    def below(self) -> str:
        """Where the row has a second line: as it goes on."""
        twice = {"twice-up": self.twice_down, "twice-down": self.twice_down}
        return f"m-{self.name}" + (" up down" if self.down else "") + names(twice)


def of(before: Money, money: Money, *, first: bool) -> tuple[Part, ...]:
    """The strip's four columns. A number is written only where it changes; texture carries the rest."""
    made = []
    for name in PARTS:
        was, now = before.part(name), money.part(name)
        text = amount(now) if was != now or (first and now) else ""
        twice = (before.overpaid > 0, money.overpaid > 0) if name == "paid" else (False, False)
        made.append(Part(name, was > 0 and not first, now > 0, text, *twice))
    return tuple(made)


def names(flags: Mapping[str, object]) -> str:
    """Those that hold, each with a space before it."""
    return "".join(f" {name}" for name, holds in flags.items() if holds)
