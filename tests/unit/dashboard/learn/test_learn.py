"""Guided scenarios: their data is sound, and whatever the runs do, at most one answer is right."""

import itertools
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from distviz.dashboard.learn import lessons, pages, reveal, starting
from distviz.dashboard.learn.facts import Case, Facts, matches
from distviz.dashboard.learn.shape import Scenario
from distviz.dashboard.promises import table
from distviz.trace import faults
from distviz.trace.models import Run
from protocols import registry

START = datetime(2026, 1, 1, tzinfo=UTC)
SCENARIOS = pytest.mark.parametrize("scenario", lessons.SCENARIOS, ids=lambda one: one.slug)


def event(seq: int, text: str) -> Any:
    """`step/commit/refund@account +1500 wait=200`"""
    what, *rest = text.split()
    path, _, lane = what.partition("@")
    kind, phase, name = [*path.split("/"), "", ""][:3]
    at, data = seq, {}
    for word in rest:
        if word.startswith("+"):
            at = int(word)
        else:
            data["wait_ms"] = int(word.removeprefix("wait="))
    when = START + timedelta(milliseconds=at)
    return SimpleNamespace(seq=seq, at=when, lane=lane, kind=kind, phase=phase, name=name, data=data)


def run(status: str, taken: int, paid: int, *events: str, verdict: str = "") -> Facts:
    known = verdict or ("consistent" if taken == paid else "temporarily_inconsistent")
    log = [event(seq, text) for seq, text in enumerate([*events, "finished//@client"], 1)]
    return Facts(uuid.uuid4(), status, known, Decimal(taken), Decimal(paid), log)


COMMITS = ("step/commit/deduct@account", "step/commit/charge@payment", "step/commit/complete@account")
PAID = run("succeeded", 100, 100, *COMMITS)
ONE = run("succeeded", 100, 100, "step/commit/withdraw@account")
LOST = run("inconsistent", 100, 0, "step/commit/deduct@account", "fault/fired/crash@account", verdict="money_lost")
TWICE = run("inconsistent", 100, 200, verdict="money_lost")
NOTHING = run("declined", 0, 0, "fault/fired/decline@payment", "step/rollback/roll_back_account@account")
REFUNDED = run("compensated", 0, 0, "step/commit/deduct@account", "step/commit/refund@account")
STUCK = run("needs_attention", 100, 0, "retry/exhausted/refund@account", "attention/raised/refund@account")
SENT_TWICE = (
    "message/sent/MoneyDeducted@queue",
    "sweep/redriven/MoneyDeducted@queue",
    "message/sent/MoneyDeducted@queue",
)
IGNORED = "message/ignored/MoneyDeducted@payment"
SENT_ONCE = run("succeeded", 100, 100, SENT_TWICE[0], IGNORED)
PAID_BOTH = run("inconsistent", 100, 200, *SENT_TWICE, verdict="money_lost")
AGAIN = run("succeeded", 100, 100, *SENT_TWICE, IGNORED)
LATE = run("compensated", 0, 0, "step/commit/refund@account", *SENT_TWICE, IGNORED)
LAGGING = run("succeeded", 100, 100, "step/commit/deduct@account +10", "step/commit/project@read_model +3100")
QUICK = run("succeeded", 100, 100, "step/commit/deduct@account +10", "step/commit/project@read_model +30")
STORM = run("succeeded", 100, 100, *(f"retry/scheduled/charge@payment wait={n}" for n in (51, 104, 220)))
STEADY = run("succeeded", 100, 100, *(f"retry/scheduled/charge@payment wait={n}" for n in (50, 50, 50)))
HOLDER = run("failed", 0, 0, "step/prepared/prepare_account@account +10", "step/begin/decide@api +900")
WAITER = run(
    "succeeded", 100, 100, "step/begin/prepare_account@account +60", "step/prepared/prepare_account@account +905"
)
POOL = (PAID, LOST, TWICE, NOTHING, REFUNDED, STORM, STEADY)
WIDE = (*POOL, ONE, STUCK, AGAIN, SENT_ONCE, PAID_BOTH, LATE, LAGGING, QUICK, HOLDER, WAITER)

# What the runs of each lesson really do.
REAL: dict[str, list[Facts]] = {
    "one-or-many": [ONE, PAID],
    "crash-between-two-writes": [LOST],
    "lost-message": [LOST, PAID],
    "duplicate-message": [TWICE, PAID],
    "same-request-twice": [PAID, run("succeeded", 100, 100), WAITER, WAITER],
    "saga-compensates": [REFUNDED],
    "vote-no": [NOTHING],
    "coordinator-dies": [HOLDER, WAITER],
    "between-two-commits": [PAID],
    "is-the-money-gone": [PAID, PAID, LOST],
    "relay-dies": [AGAIN],
    "stale-read": [LAGGING],
    "retry-storm": [STORM, STORM, STORM],
    "compensation-fails": [STUCK],
    "late-copy": [LATE],
}


def case(scenario: Scenario, runs: list[Facts]) -> Case:
    return Case({shot.key: facts for shot, facts in zip(scenario.shots, runs, strict=True)})


def endings(scenario: Scenario) -> Iterator[tuple[Facts, ...]]:
    """Every way in which its runs could end, likely or not."""
    return itertools.product(WIDE if len(scenario.shots) < 3 else POOL, repeat=len(scenario.shots))


def test_there_are_enough_of_them_and_each_has_its_own_address() -> None:
    assert len(lessons.SCENARIOS) >= 12
    assert len(lessons.BY_SLUG) == len(lessons.SCENARIOS)
    assert set(REAL) == set(lessons.BY_SLUG)


@SCENARIOS
def test_its_data_is_sound(scenario: Scenario) -> None:
    keys = [shot.key for shot in scenario.shots]
    assert len(set(keys)) == len(keys)
    assert 3 <= len(scenario.answers) <= 4
    assert len({answer.key for answer in scenario.answers}) == len(scenario.answers)
    assert scenario.level in (1, 2, 3)
    assert scenario.tries
    assert {proof.shot for proof in scenario.proofs} <= set(keys)
    for number, shot in enumerate(scenario.shots):
        assert not shot.after or shot.after[0] in keys[:number]
        assert not shot.same_as or shot.same_as in keys[:number]


@SCENARIOS
def test_every_fault_point_exists_and_is_met_by_its_protocol(scenario: Scenario) -> None:
    for shot in scenario.shots:
        asked = starting.faults_of(shot)
        assert tuple(faults.parse([vars(fault) for fault in asked])) == asked
        points = {point for step in registry.get(shot.protocol).steps for point, _does in step.points()}
        assert {fault.at for fault in asked} <= points | {"relay.after_publish"}
    for one in scenario.tries:
        assert "?" in pages.try_link(one) or not one.faults
        faults.parse([vars(fault) for fault in table.specs(one.faults)])


@SCENARIOS
def test_what_it_really_does_has_exactly_one_right_answer(scenario: Scenario) -> None:
    runs = REAL[scenario.slug]
    holding = [answer.key for answer in scenario.answers if answer.holds(case(scenario, runs))]
    assert holding == [scenario.usual]


@SCENARIOS
def test_whatever_the_runs_do_at_most_one_answer_is_right(scenario: Scenario) -> None:
    for runs in endings(scenario):
        holding = [answer.key for answer in scenario.answers if answer.holds(case(scenario, list(runs)))]
        assert len(holding) <= 1, (holding, runs)


@SCENARIOS
def test_every_answer_can_be_the_right_one(scenario: Scenario) -> None:
    """An answer that no ending could make true would be no prediction."""
    possible: set[str] = set()
    for runs in endings(scenario):
        found = reveal.right_one(scenario, case(scenario, list(runs)))
        possible |= {found.key} if found else set()
    if scenario.slug == "same-request-twice":  # one and the same run answers both requests, whatever it does
        shared = [PAID, PAID, LAGGING, LAGGING]
        found = reveal.right_one(scenario, case(scenario, shared))
        possible |= {found.key} if found else set()
    assert possible == {answer.key for answer in scenario.answers}


def test_nothing_is_given_away_before_the_end() -> None:
    scenario = lessons.get("crash-between-two-writes")
    going = Facts(uuid.uuid4(), "running", "money_lost", Decimal(100), Decimal(0), [event(1, "step/commit/deduct")])
    found = reveal.reveal(scenario, case(scenario, [going]), "gone")
    assert (found.over, found.right, found.hit) == (False, None, False)
    assert not found.evidence
    done = reveal.reveal(scenario, case(scenario, [LOST]), "gone")
    assert done.hit
    assert [one.event.seq for one in done.evidence] == [1, 2, 3]
    assert not reveal.reveal(scenario, case(scenario, [LOST]), "paid").hit


def test_runs_of_another_lesson_are_refused() -> None:
    scenario = lessons.get("crash-between-two-writes")
    mine, other = Run(protocol="dual_write"), Run(protocol="saga")
    fault = [("account.after_commit", "crash")]
    assert reveal.fits(scenario, [mine], {mine.pk: fault})
    assert not reveal.fits(scenario, [mine], {})
    assert not reveal.fits(scenario, [other], {other.pk: fault})
    assert not reveal.fits(scenario, [mine, mine], {mine.pk: fault})


def test_patterns_match_from_the_left() -> None:
    refund = event(1, "step/commit/refund@account")
    assert matches(refund, "step/commit")
    assert matches(refund, "step//refund@account")
    assert not matches(refund, "step/commit/refund@payment")
    assert not matches(refund, "step/rollback")
