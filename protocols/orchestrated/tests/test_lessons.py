"""What the runs of its lessons really do has one right answer: the one that the lesson explains."""

import pytest

from distviz.story.lesson.run_result import RunResult
from distviz.story.lesson.shape import Scenario
from protocols.orchestrated.lessons import LESSONS
from tests.support.lesson_runs import right, run

ASKED = "message/received/ProcessPayment@payment"
REAL: dict[str, list[RunResult]] = {
    "undone-backwards": [
        run(
            "compensated",
            0,
            0,
            "step/commit/deduct@account",
            "step/commit/cancel@payment",
            "step/commit/refund@account",
        )
    ],
    "chain-is-lost": [run("succeeded", 100, 100, "message/lost/ProcessPayment@api", "sweep/redriven/go_on@api")],
    "errback-of-the-dead": [run("succeeded", 100, 100, ASKED, "fault/fired/crash@payment", ASKED)],
}
OTHERWISE: dict[str, dict[str, RunResult]] = {
    "undone-backwards": {
        "refund": run("compensated", 0, 0, "step/commit/refund@account", "step/commit/cancel@payment"),
        "rollback": run("failed", 100, 0),
    },
    "chain-is-lost": {
        "celery": run("succeeded", 100, 100),
        "error": run("compensated", 0, 0, "message/sent/StepFailed@api", "sweep/redriven/go_on@api"),
    },
    "errback-of-the-dead": {
        "error": run("compensated", 0, 0, "message/sent/StepFailed@payment"),
        "stops": run("succeeded", 100, 100, ASKED),
    },
}
# For tests/unit/dashboard/learn, beside those of all protocols.
ENDINGS = tuple(result for runs in REAL.values() for result in runs) + tuple(
    result for each in OTHERWISE.values() for result in each.values()
)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda one: one.slug)
def test_what_it_really_does_has_exactly_one_right_answer(lesson: Scenario) -> None:
    assert right(lesson, *REAL[lesson.slug]) == [lesson.usual]
