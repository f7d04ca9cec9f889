"""What the runs of its lessons really do has one right answer: the one that the lesson explains."""

import pytest

from distviz.story.lesson.run_result import RunResult
from distviz.story.lesson.shape import Scenario
from protocols.outbox.lessons import LESSONS
from tests.support.lesson_runs import AGAIN, LATE, right

REAL: dict[str, list[RunResult]] = {
    "relay-dies": [AGAIN],
    "late-copy": [LATE],
}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda one: one.slug)
def test_what_it_really_does_has_exactly_one_right_answer(lesson: Scenario) -> None:
    assert right(lesson, *REAL[lesson.slug]) == [lesson.usual]
