"""What the runs of its lessons really do has one right answer: the one that the lesson explains."""

import pytest

from distviz.story.lesson.run_result import RunResult
from distviz.story.lesson.shape import Scenario
from protocols.saga.lessons import LESSONS
from tests.support.lesson_runs import LOST, PAID, REFUNDED, STORM, STUCK, TWICE, WAITER, right, run

REAL: dict[str, list[RunResult]] = {
    "lost-message": [LOST, PAID],
    "duplicate-message": [TWICE, PAID],
    "same-request-twice": [PAID, run("succeeded", 100, 100), WAITER, WAITER],
    "saga-compensates": [REFUNDED],
    "retry-storm": [STORM, STORM, STORM],
    "compensation-fails": [STUCK],
}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda one: one.slug)
def test_what_it_really_does_has_exactly_one_right_answer(lesson: Scenario) -> None:
    assert right(lesson, *REAL[lesson.slug]) == [lesson.usual]
