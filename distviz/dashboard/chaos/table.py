"""A run of chaos as its page shows it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from distviz.chaos.models import HOLDS, VIOLATED, Campaign
from distviz.dashboard.chaos import words
from distviz.story.words import points, wording


@dataclass(frozen=True)
class CampaignLine:
    """One campaign among the last ones."""

    campaign: Campaign
    figures: dict[str, Any]
    word: str

    @property
    def holds(self) -> bool:
        return self.campaign.verdict == HOLDS

    @property
    def violated(self) -> bool:
        return self.campaign.verdict == VIOLATED

    @property
    def failures(self) -> int:
        return sum(self.figures.get("faults", {}).values())

    @property
    def longest_ms(self) -> float | None:
        return _ms(self.figures, "longest_s")


def line(campaign: Campaign) -> CampaignLine:
    return CampaignLine(campaign, campaign.figures, words.verdict(campaign.verdict))


def details(campaign: Campaign) -> list[tuple[str, str]]:
    """(name, text): what was asked and what came of it."""
    asked, found = campaign.asked, campaign.figures
    named = [
        (_("Seed"), str(campaign.seed)),
        (_("Load"), _("%(n)s withdrawals per second for %(s)s s") % {"n": f"{asked['rate']:g}", "s": asked["seconds"]}),
        (_("Pace"), _("a failure every %(n)s s") % {"n": f"{asked['pace']:g}"}),
    ]
    return named + (_found(found) if found else [])


def _found(found: dict[str, Any]) -> list[tuple[str, str]]:
    unknown = _("%(n)s, of which %(m)s were made") % {"n": found["unknown"], "m": found["unknown_made"]}
    ends = [(wording.status(key), n) for key, n in found["statuses"].items()]
    of_runs = [(points.action(key), n) for key, n in found["of_runs"].items()]
    return [
        (_("Answered"), str(found["ok"])),
        (_("Rejected"), str(found["failed"])),
        (_("Unknown to the client"), unknown),
        (_("Repeated with their key"), str(found["repeated"])),
        (_("How they ended"), _listed(ends)),
        (_("Refunds"), str(found["refunds"])),
        (_("Failures"), _listed(words.counts(found["faults"]))),
        (_("Failures of single runs"), _listed(of_runs)),
        (_("Longest time to an end"), wording.duration(_ms(found, "longest_s"))),
        (_("Last end after healing"), wording.duration(_ms(found, "after_healing_s"))),
    ]


def _listed(counts: list[tuple[str, int]]) -> str:
    return ", ".join(f"{word} {n}" for word, n in counts) or "—"


def _ms(found: dict[str, Any], name: str) -> float | None:
    return found[name] * 1000 if name in found else None


def schedule(campaign: Campaign) -> list[dict[str, Any]]:
    return [
        {**one, "word": words.kind(one["kind"]), "at_ms": one["at"] * 1000, "lasts_ms": one["lasts"] * 1000}
        for one in campaign.schedule
    ]
