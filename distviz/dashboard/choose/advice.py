"""Seven questions that rank the protocols. Data, and a sum: every point has its reason and a lesson that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

YES, NO = "yes", "no"
FITS, DOES_NOT = 3, 0  # from so many points on it fits; below that many it does not


@dataclass(frozen=True)
class Question:
    key: str
    text: Text
    hint: Text


@dataclass(frozen=True)
class Reason:
    """What an answer means for a protocol. `lesson` is where one can see it happen."""

    protocol: str
    question: str
    answer: str
    points: int
    text: Text
    lesson: str


@dataclass(frozen=True)
class Advice:
    """A protocol's place in the ranking, and why."""

    protocol: str
    points: int
    reasons: Sequence[Reason]

    @property
    def fit(self) -> str:
        return "fits" if self.points >= FITS else "not" if self.points < DOES_NOT else "may"


QUESTIONS = (
    Question("one_db", _("Is everything that has to change in one database?"), _("one server, one transaction")),
    Question(
        "fresh", _("Must all stores agree the moment it is done?"), _("no money in flight, not even for a second")
    ),
    Question("outside", _("Does a step act outside of your databases?"), _("a bank, a shop, an email")),
    Question("undo", _("Can every step be made good by an opposite one?"), _("a refund, a cancellation")),
    Question("audit", _("Must every balance of the past be explained?"), _("an audit trail, time travel")),
    Question("queue", _("Is there a message queue already?"), _("and people who know how to run it")),
    Question("block", _("May others wait while a coordinator is down?"), _("rows stay locked until it is back")),
)


def _of(protocol: str, *reasons: tuple[str, str, int, Text, str]) -> list[Reason]:
    return [Reason(protocol, *one) for one in reasons]


REASONS = (
    *_of(
        "monolith",
        ("one_db", YES, 7, _("One COMMIT covers all of it. Nothing else is as simple."), "one-or-many"),
        ("one_db", NO, -9, _("A transaction ends at the edge of its database."), "crash-between-two-writes"),
        ("fresh", YES, 2, _("There is no moment at which half of it is visible."), "one-or-many"),
        ("outside", YES, -3, _("A bank is no row of yours: it takes no part in COMMIT."), "crash-between-two-writes"),
    ),
    *_of(
        "two_phase",
        ("one_db", YES, -4, _("With one database there is nothing to coordinate."), "one-or-many"),
        ("one_db", NO, 1, _("All or nothing over several databases."), "vote-no"),
        ("fresh", YES, 5, _("Nobody commits before everybody can, so no money is ever in flight."), "vote-no"),
        ("outside", YES, -4, _("What cannot PREPARE cannot take part."), "between-two-commits"),
        ("undo", NO, 3, _("Nothing is done by halves, so nothing has to be made good."), "vote-no"),
        ("block", YES, 1, _("Its locks in doubt are acceptable to you."), "coordinator-dies"),
        ("block", NO, -6, _("A dead coordinator leaves rows locked."), "coordinator-dies"),
    ),
    *_of(
        "saga",
        ("one_db", YES, -4, _("Five commits and three messages for what one COMMIT does."), "one-or-many"),
        ("one_db", NO, 2, _("Each service commits for itself; the chain is driven on by events."), "saga-compensates"),
        ("fresh", YES, -4, _("Money is in flight between two of its commits."), "is-the-money-gone"),
        ("fresh", NO, 1, _("Eventually consistent is enough."), "is-the-money-gone"),
        ("outside", YES, 2, _("A step may be anything that can be made good."), "saga-compensates"),
        ("undo", YES, 3, _("Every failure has its compensation."), "saga-compensates"),
        ("undo", NO, -5, _("A step that cannot be made good leaves it stuck."), "compensation-fails"),
        ("block", NO, 2, _("Nobody waits for anybody: locks end with each local COMMIT."), "is-the-money-gone"),
    ),
    *_of(
        "event_sourcing",
        ("audit", YES, 6, _("Only facts are stored; any balance of the past is a replay."), "stale-read"),
        ("audit", NO, -2, _("Harder to write and to query, and nobody asks for the history."), "stale-read"),
        ("fresh", YES, -3, _("What is read is a little behind what is stored."), "stale-read"),
        ("block", NO, 1, _("Appending blocks nobody."), "stale-read"),
        ("one_db", YES, -1, _("A table of balances would do."), "one-or-many"),
    ),
    *_of(
        "outbox",
        ("queue", YES, 4, _("The row and its message in one transaction, published by a relay."), "relay-dies"),
        ("queue", NO, -2, _("It is a bridge to a queue, and there is none to go to."), "relay-dies"),
        ("one_db", YES, -3, _("There is nobody that has to be told."), "one-or-many"),
        ("one_db", NO, 1, _("Whatever is committed is told to the others, for certain."), "relay-dies"),
        ("fresh", YES, -3, _("The others hear of it a little later."), "is-the-money-gone"),
        ("fresh", NO, 1, _("Eventually consistent is enough."), "relay-dies"),
        ("outside", YES, 1, _("Told at least once, so what is outside must know a copy."), "late-copy"),
        ("block", NO, 1, _("A dead relay delays; it locks nothing."), "relay-dies"),
    ),
)


def given(form: Mapping[str, str]) -> dict[str, str]:
    """The questions that were answered; anything else in a URL counts as not asked."""
    return {one.key: form[one.key] for one in QUESTIONS if form.get(one.key) in (YES, NO)}


def ranking(answers: Mapping[str, str], protocols: Sequence[str]) -> list[Advice]:
    """The best first; equals in the order in which they are learned. No protocol at all is never advised."""
    made = []
    for key in protocols:
        if key == "dual_write":
            continue
        reasons = [one for one in REASONS if one.protocol == key and answers.get(one.question) == one.answer]
        reasons.sort(key=lambda one: -one.points)
        made.append(Advice(key, sum(one.points for one in reasons), reasons))
    return sorted(made, key=lambda one: -one.points)
