"""Seven questions that rank the protocols. Data, and a sum: every point has its reason and a lesson that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from protocols.advice import NO, YES, Argument

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

FITS, DOES_NOT = 3, 0  # from so many points on it fits; below that many it does not


@dataclass(frozen=True)
class Question:
    key: str
    text: Text
    hint: Text


@dataclass(frozen=True)
class Advice:
    """A protocol's place in the ranking, and why."""

    protocol: str
    points: int
    reasons: Sequence[Argument]

    @property
    def fit(self) -> str:
        return "fits" if self.points >= FITS else "not" if self.points < DOES_NOT else "may"


QUESTIONS = (
    Question("one_db", _("Is everything that has to change in one database?"), _("one server, one transaction")),
    Question(
        "fresh", _("Must all stores agree the moment it is done?"), _("no money in flight, not even for a second")
    ),
    Question("outside", _("Does a step act outside your databases?"), _("a bank, a shop, a mail server")),
    Question("undo", _("Can every step be undone by an opposite one?"), _("a refund, a cancellation")),
    Question("audit", _("Must every past balance be explainable?"), _("an audit trail, time travel")),
    Question("queue", _("Is there a message queue already?"), _("and people who can operate it")),
    Question("block", _("May others wait while a coordinator is down?"), _("rows stay locked until it recovers")),
)


def given(form: Mapping[str, str]) -> dict[str, str]:
    """The questions that were answered; anything else in a URL counts as not asked."""
    return {one.key: form[one.key] for one in QUESTIONS if form.get(one.key) in (YES, NO)}


def ranking(answers: Mapping[str, str], reasons_of: Mapping[str, Sequence[Argument]]) -> list[Advice]:
    """The best first; equals in the order in which they are learned."""
    made = []
    for key, known in reasons_of.items():
        reasons = [one for one in known if answers.get(one.question) == one.answer]
        reasons.sort(key=lambda one: -one.points)
        made.append(Advice(key, sum(one.points for one in reasons), reasons))
    return sorted(made, key=lambda one: -one.points)
