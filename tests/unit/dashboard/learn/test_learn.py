"""Guided scenarios: their data is sound, and whatever the runs do, at most one answer is right."""

import itertools
import uuid
from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace

import pytest

from distviz.dashboard.learn import lessons, pages, reveal, sheet, starting
from distviz.dashboard.promises import table
from distviz.runs.asking import Withdrawal
from distviz.story.lesson.run_result import RunResult, matches
from distviz.story.lesson.shape import Scenario
from distviz.trace import faults
from distviz.trace.models import Run
from distviz.web import doorway
from distviz.web.doorway import Asker
from protocols import registry
from tests.support.lesson_runs import LAGGING, LOST, PAID, POOL, WIDE, case, event, right

SCENARIOS = pytest.mark.parametrize("scenario", lessons.SCENARIOS, ids=lambda one: one.slug)


def endings(scenario: Scenario) -> Iterator[tuple[RunResult, ...]]:
    """Every way in which its runs could end, likely or not. A protocol's own tests may know more of them."""
    own = getattr(import_module(f"protocols.{scenario.protocols[0]}.tests.test_lessons"), "ENDINGS", ())
    return itertools.product((*WIDE, *own) if len(scenario.shots) < 3 else POOL, repeat=len(scenario.shots))


def test_there_are_enough_of_them_and_each_has_its_own_address() -> None:
    assert len(lessons.SCENARIOS) >= 12
    assert len(lessons.BY_SLUG) == len(lessons.SCENARIOS)


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
def test_whatever_the_runs_do_at_most_one_answer_is_right(scenario: Scenario) -> None:
    for runs in endings(scenario):
        holding = right(scenario, *runs)
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
    going = RunResult(uuid.uuid4(), "running", "money_lost", Decimal(100), Decimal(0), [event(1, "step/commit/deduct")])
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


@SCENARIOS
def test_what_waits_for_nothing_is_asked_for_at_once(monkeypatch: pytest.MonkeyPatch, scenario: Scenario) -> None:
    """A lesson that is refused half-way would show runs that nobody asked about."""
    asked: list[list[str]] = []

    def ask_each(_who: object, wanted: list[tuple[Withdrawal, str]]) -> list[str]:
        asked.append([key.partition(":")[2] for _one, key in wanted])
        return [key for _one, key in wanted]

    nothing = SimpleNamespace(filter=lambda **_by: SimpleNamespace(first=lambda: None))
    monkeypatch.setattr(Run, "objects", nothing)
    monkeypatch.setattr(starting, "_account_for", lambda _scenario, _key: "alice")
    monkeypatch.setattr(starting, "_wait_for", lambda _run, _pattern: None)
    monkeypatch.setattr(doorway, "ask_each", ask_each)
    monkeypatch.setattr(doorway, "ask", lambda who, *wanted: ask_each(who, [wanted])[0])
    runs = starting.start(scenario, Asker("client:a", "page:client:a"), "k")
    waits = [shot for shot in scenario.shots if shot.after or shot.same_as]
    assert asked[0] == [shot.key for shot in scenario.shots if shot not in waits]
    assert asked[1:] == [[shot.same_as or shot.key] for shot in waits]
    assert [str(run) for run in runs] == [f"k:{shot.same_as or shot.key}" for shot in scenario.shots]


def test_the_run_sheet_takes_ten_minutes_and_its_race_has_a_failure() -> None:
    made = sheet.entries()
    assert sheet.total(made) == 10
    assert [entry.clock for entry in made] == ["0:00", "1:00", "3:00", "5:00", "8:00", "9:00"]
    assert made[-2].href == "/race/?fault=payment.in_tx%3Adecline"
