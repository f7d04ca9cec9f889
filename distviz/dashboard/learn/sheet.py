"""The run sheet: what a teacher shows in ten minutes, in order, each with its time and its address."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from distviz.dashboard.learn import lessons
from distviz.dashboard.race import setup

HANDS = 1  # a minute for a show of hands, before each lesson is run
DECLINED = "payment.in_tx:decline"


@dataclass(frozen=True)
class Entry:
    """One line. `at` is when it begins, in minutes."""

    at: int
    minutes: int
    title: Any
    does: Any
    href: str

    @property
    def clock(self) -> str:
        return f"{self.at}:00"


def entries() -> list[Entry]:
    made: list[Entry] = []
    for minutes, title, does, href in _wanted():
        at = made[-1].at + made[-1].minutes if made else 0
        made.append(Entry(at, minutes, title, does, href))
    return made


def total(made: list[Entry]) -> int:
    return sum(entry.minutes for entry in made)


def _wanted() -> Iterator[tuple[int, Any, Any, str]]:
    """(minutes, title, what to do, address)"""
    yield (
        1,
        _("Watch it break"),
        _("Press the button; say nothing until the money is missing."),
        reverse("dashboard:home"),
    )
    for scenario in sorted((one for one in lessons.SCENARIOS if one.sheet), key=lambda one: one.sheet):
        does = _("A show of hands first, then run it: %(question)s") % {"question": scenario.question}
        yield scenario.minutes + HANDS, scenario.title, does, reverse("dashboard:lesson", args=[scenario.slug])
    ready = next((one for one in setup.ready() if DECLINED.replace(":", "%3A") in one.query), None)
    yield (
        1,
        _("The same failure under all protocols"),
        _("Start the race; compare the shapes, then who kept the money."),
        f"{reverse('dashboard:race')}?{ready.query if ready else ''}",
    )
    yield (
        1,
        _("Which one fits?"),
        _("Answer for a system that the class knows; read the first reasons aloud."),
        reverse("dashboard:choose"),
    )
