"""What the runs of its lessons really do has one right answer: the one that the lesson explains."""

import pytest

from distviz.story.lesson.run_result import RunResult
from distviz.story.lesson.shape import Scenario
from protocols.two_phase.lessons import LESSONS
from tests.support.lesson_runs import HOLDER, LOST, NOTHING, PAID, WAITER, right

REAL: dict[str, list[RunResult]] = {
    "vote-no": [NOTHING],
    "coordinator-dies": [HOLDER, WAITER],
    "between-two-commits": [PAID],
    "is-the-money-gone": [PAID, PAID, LOST],
}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda one: one.slug)
def test_what_it_really_does_has_exactly_one_right_answer(lesson: Scenario) -> None:
    assert right(lesson, *REAL[lesson.slug]) == [lesson.usual]
