"""Choosing: the questions decide, every reason has a lesson, and no protocol at all is never advised."""

import pytest

from distviz.dashboard.choose import advice
from distviz.dashboard.learn import lessons
from protocols.advice import NO, YES
from protocols.registry import PROTOCOLS

REASONS = {key: protocol.advice for key, protocol in PROTOCOLS.items() if not protocol.unfit}


def best(**answers: str) -> str:
    return advice.ranking(answers, REASONS)[0].protocol


@pytest.mark.parametrize(
    ("answers", "protocol"),
    [
        ({"one_db": "yes"}, "monolith"),
        ({"one_db": "yes", "fresh": "yes"}, "monolith"),
        ({"one_db": "no", "fresh": "yes", "block": "yes"}, "two_phase"),
        ({"one_db": "no", "fresh": "no", "undo": "yes", "block": "no"}, "saga"),
        ({"one_db": "no", "audit": "yes"}, "event_sourcing"),
        ({"one_db": "no", "fresh": "no", "queue": "yes"}, "outbox"),
    ],
)
def test_the_brief_s_use_cases_come_first(answers: dict[str, str], protocol: str) -> None:
    assert best(**answers) == protocol


def test_every_protocol_is_advised_for_some_answers_and_ranked_for_all() -> None:
    ranked = [one.protocol for one in advice.ranking({"queue": "yes"}, REASONS)]
    assert sorted(ranked) == sorted(set(PROTOCOLS) - {"dual_write"})
    assert all(bool(protocol.advice) != bool(protocol.unfit) for protocol in PROTOCOLS.values())


def test_an_answer_that_is_no_answer_counts_as_not_asked() -> None:
    assert advice.given({"one_db": "yes", "fresh": "maybe", "audit": "", "nonsense": "yes"}) == {"one_db": "yes"}
    assert all(one.points == 0 and not one.reasons for one in advice.ranking({}, REASONS))


def test_every_reason_has_its_question_its_protocol_and_its_lesson() -> None:
    questions = {one.key for one in advice.QUESTIONS}
    asked = set()
    for reasons in REASONS.values():
        for reason in reasons:
            assert reason.question in questions
            assert reason.answer in (YES, NO)
            assert reason.points
            lessons.get(reason.lesson)
        assert len({(reason.question, reason.answer) for reason in reasons}) == len(reasons)
        asked |= {reason.question for reason in reasons}
    assert asked == questions
    for protocol in PROTOCOLS.values():
        assert not protocol.unfit or lessons.get(protocol.unfit.lesson)


def test_a_rank_says_whether_it_fits() -> None:
    by_name = {one.protocol: one.fit for one in advice.ranking({"one_db": "yes"}, REASONS)}
    assert by_name["monolith"] == "fits"
    assert by_name["saga"] == "not"
