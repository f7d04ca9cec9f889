"""What the terminal says of a run of chaos."""

from datetime import UTC, datetime

from distviz.chaos import schedule, telling
from distviz.chaos.asked import CampaignAsked
from distviz.chaos.campaign import CampaignReport
from distviz.chaos.models import HOLDS, INTERRUPTED, VIOLATED
from distviz.codes import Reason
from tests.support.campaigns import FIGURES

AT = datetime(2025, 3, 1, 12, tzinfo=UTC)
FOUND = FIGURES | {"missed": ["   1.0 s  kill beat: beat is not running"], "longest": "saga r-1"}


def said(verdict: str, *violations: Reason) -> list[str]:
    asked = CampaignAsked(7, 20, 6, 4)
    found = CampaignReport(asked, schedule.make(7, 20, 4), AT, verdict, FOUND, list(violations))
    return list(telling.lines(found))


def test_seed_schedule_figures_and_verdict() -> None:
    lines = said(HOLDS)
    assert lines[0].startswith("seed 7, 20 s")
    assert (
        lines[1:6]
        == [f"schedule: {len(schedule.make(7, 20, 4))} failures", *(f"  {f}" for f in schedule.make(7, 20, 4))][:5]
    )
    text = "\n".join(lines)
    assert "540 operations: 500 ok, 3 failed, 37 unknown, all settled: 11 of them were made" in text
    assert "400 succeeded, 33 compensated; refunds: 33" in text
    assert "longest time to an end: 21.5 s" in text
    assert lines[-1] == "verdict: holds"


def test_some_violations_of_each_kind_are_told() -> None:
    lost = [Reason.of("chaos_lost", run=f"r-{n}", wish="w") for n in range(9)]
    lines = [line for line in said(VIOLATED, *lost, Reason.of("chaos_prepared", gid="dv:1")) if "VIOLATION" in line]
    assert len(lines) == telling.SHOWN + 2
    assert "VIOLATIONS: 4 more of this kind" in lines
    assert lines[-1] == "VIOLATION: dv:1 is still prepared"


def test_an_interrupted_one_has_no_figures() -> None:
    report = CampaignReport(CampaignAsked(7, 20, 6, 4), [], AT, INTERRUPTED)
    assert list(telling.lines(report))[-1] == "verdict: interrupted"
