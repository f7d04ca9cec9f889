"""What the runs of its lessons really do has one right answer: the one that the lesson explains."""

import pytest

from distviz.story.lesson.run_result import RunResult
from distviz.story.lesson.shape import Scenario
from protocols.tcc.lessons import LESSONS
from tests.support.lesson_runs import right, run

DECIDED, AGAIN = "decision/made/CANCEL@api", "message/received/ConfirmPayment@payment"
RELEASED = run("declined", 0, 0, "step/commit/try_account@account", DECIDED, "step/commit/cancel_account@account")
CANCELLED, TRIED = "step/commit/cancel_account@account +10", "step/begin/try_account@account +1500"
EMPTY = run("declined", 0, 0, CANCELLED, TRIED, "step/commit/try_account@account +1510")
REPEATED = run("succeeded", 100, 100, AGAIN, "sweep/redriven/go_on@api", AGAIN)
HANGING = run("running", 0, 0, CANCELLED, TRIED, ended=False)
ENDINGS = (RELEASED, EMPTY, REPEATED, HANGING)  # for tests/unit/dashboard/learn, beside those of all protocols

REAL: dict[str, list[RunResult]] = {
    "reserved-not-taken": [RELEASED],
    "cancel-first": [EMPTY],
    "confirm-twice": [REPEATED],
}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda one: one.slug)
def test_what_it_really_does_has_exactly_one_right_answer(lesson: Scenario) -> None:
    assert right(lesson, *REAL[lesson.slug]) == [lesson.usual]
