"""A report as the terminal shows it, in English."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from distviz.chaos.campaign import CampaignReport
from distviz.story.words.sentences import english

SHOWN = 5  # violations of a kind


def lines(report: CampaignReport) -> Iterator[str]:
    asked, found = report.asked, report.figures
    yield f"seed {asked.seed}, {asked.seconds:g} s, {asked.rate:g} withdrawals/s, a failure every {asked.pace:g} s"
    yield f"schedule: {len(report.schedule)} failures"
    yield from (f"  {failure}" for failure in report.schedule)
    if found:
        yield from _figures(found)
    yield from _violations(report)
    yield f"verdict: {report.verdict}"


def _figures(found: Mapping[str, Any]) -> Iterator[str]:
    settled = f"{found['unknown']} unknown, all settled: {found['unknown_made']} of them were made"
    yield f"{found['operations']} operations: {found['ok']} ok, {found['failed']} failed, {settled}"
    yield f"{found['repeated']} requests were repeated with their key"
    yield f"ended as: {_counts(found['statuses'])}; refunds: {found['refunds']}"
    yield f"failures: {_counts(found['faults'])}"
    yield f"failures of single runs: {_counts(found['of_runs'])}"
    yield from (f"missed: {one}" for one in found["missed"])
    yield f"longest time to an end: {found['longest_s']} s ({found['longest']})"
    yield f"last end {found['after_healing_s']} s after healing"


def _violations(report: CampaignReport) -> Iterator[str]:
    for code, n in Counter(reason.code for reason in report.violations).items():
        found = [reason for reason in report.violations if reason.code == code]
        yield from (f"VIOLATION: {english(reason)}" for reason in found[:SHOWN])
        if n > SHOWN:
            yield f"VIOLATIONS: {n - SHOWN} more of this kind"
    if report.kept:
        yield f"its databases and logs are kept in {report.kept}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts.items()) or "none"
