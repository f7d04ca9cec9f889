"""The ranking as the page shows it: protocols and combinations of them, each with its reasons and, where a reason is
about something that is measured here, the number."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from distviz.dashboard.choose import advice
from distviz.dashboard.choose.claims import Claim
from distviz.dashboard.learn import lessons
from protocols.advice import Argument, Combination
from protocols.catalogue import Protocol


@dataclass(frozen=True)
class Reason:
    """One argument, the lesson where it can be seen, and what was measured of it here, or ""."""

    argument: Argument
    lesson: Any
    number: str


@dataclass(frozen=True)
class Ranked:
    """One line. `measured` is the protocol whose runs have its shape here."""

    advice: advice.Advice
    title: Any
    parts: Sequence[Protocol]
    measured: Protocol | None
    claim: Claim | None
    reasons: Sequence[Reason]
    beyond: Any = ""

    @property
    def combined(self) -> bool:
        return len(self.parts) > 1


def ranking(answers: Mapping[str, str], protocols: Mapping[str, Protocol], claims: Mapping[str, Claim]) -> list[Ranked]:
    """The best first; equals in the order in which they are learned, a combination after what it is made of."""
    combined = {one.key: one for one in combinations(protocols)}
    arguments = {key: one.advice for key, one in protocols.items() if not one.unfit}
    arguments |= {key: one.advice for key, one in combined.items()}
    return [_line(one, protocols, combined.get(one.protocol), claims) for one in advice.ranking(answers, arguments)]


def combinations(protocols: Mapping[str, Protocol]) -> Iterator[Combination]:
    """Those whose parts are all there."""
    for protocol in protocols.values():
        yield from (one for one in protocol.combined if set(one.parts) <= protocols.keys())


def _line(
    one: advice.Advice, protocols: Mapping[str, Protocol], found: Combination | None, claims: Mapping[str, Claim]
) -> Ranked:
    parts = [protocols[key] for key in (found.parts if found else (one.protocol,))]
    measured = protocols.get(found.measured) if found else parts[0]
    claim = claims.get(measured.key) if measured else None
    reasons = [Reason(why, lessons.get(why.lesson), number(why.question, claim)) for why in one.reasons]
    title = found.title if found else parts[0].short
    return Ranked(one, title, parts, measured, claim, reasons, found.beyond if found else "")


def number(question: str, claim: Claim | None) -> str:
    """What the run logs say about this question, or "" if nothing was measured."""
    if claim is None:
        return ""
    plain, refused = claim.plain, claim.refused
    if plain.runs and question in _PLAIN:
        return _PLAIN[question](plain)
    if refused.runs and question == "undo":
        return _("declined here: over after %(time)s, money apart for %(gap)s") % {
            "time": refused.latency,
            "gap": refused.gap,
        }
    return ""


_PLAIN = {
    "fresh": lambda found: _("here: inconsistent %(gap)s") % {"gap": found.gap},
    "one_db": lambda found: (
        _("here: %(commits)s commits, %(messages)s messages") % {"commits": found.commits, "messages": found.messages}
    ),
    "block": lambda found: _("here: locks held %(time)s") % {"time": found.locks},
    "queue": lambda found: (
        _("here: %(messages)s messages, done after %(time)s") % {"messages": found.messages, "time": found.latency}
    ),
}
