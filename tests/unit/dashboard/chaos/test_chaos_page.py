"""The page of chaos: what was tried, how it ended, and what is wrong, in both languages."""

import uuid
from datetime import UTC, datetime

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from distviz.chaos import schedule
from distviz.chaos.models import HOLDS, VIOLATED, Campaign
from distviz.chaos.schedule import KINDS
from distviz.codes import Reason
from distviz.dashboard.chaos import table, words
from tests.support.campaigns import FIGURES

FOUND = FIGURES | {"faults": {"kill": 2, "read_only": 1}, "of_runs": {"crash": 12, "drop": 4}}


def campaign(verdict: str = HOLDS, *violations: Reason) -> Campaign:
    at = datetime(2025, 3, 1, 12, tzinfo=UTC)
    return Campaign(
        id=uuid.uuid4(),
        seed=4711,
        asked={"seed": 4711, "seconds": 90, "rate": 6, "pace": 4},
        verdict=verdict,
        figures=FOUND,
        schedule=[failure.as_dict() for failure in schedule.make(4711, 90, 4)],
        violations=[reason.as_json() for reason in violations],
        started_at=at,
        finished_at=at,
    )


def page(shown: Campaign | None) -> str:
    context = {
        "shown": table.line(shown) if shown else None,
        "details": table.details(shown) if shown else [],
        "schedule": table.schedule(shown) if shown else [],
        "lines": [table.line(shown)] if shown else [],
    }
    request = RequestFactory().get("/chaos/")
    return render_to_string("chaos/page.html", context, request)


def test_a_result_shows_its_seed_its_figures_and_its_schedule() -> None:
    shown = page(campaign())
    for text in ("4711", "540", "37, of which 11 were made", "process killed 2", "every invariant holds", "21.5 s"):
        assert text in shown
    assert "Violations" not in shown


def test_a_violation_is_said_in_the_language_of_the_page() -> None:
    lost = Reason.of("chaos_lost", run="r-1", wish="chaos 1-1")
    assert "r-1 was promised for “chaos 1-1” and does not exist" in page(campaign(VIOLATED, lost))
    with translation.override("uk"):
        shown = page(campaign(VIOLATED, lost))
    assert "r-1 обіцяно для «chaos 1-1», але його немає" in shown
    assert "порушено" in shown


def test_before_the_first_result_the_page_says_how_to_get_one() -> None:
    assert "manage.py chaos --seconds 90" in page(None)


@pytest.mark.parametrize("language", ["en", "uk"])
def test_every_kind_of_failure_has_a_name(language: str) -> None:
    with translation.override(language):
        names = [words.kind(kind) for kind in KINDS]
    assert len(set(names)) == len(KINDS)
    assert not set(names) & set(KINDS)
