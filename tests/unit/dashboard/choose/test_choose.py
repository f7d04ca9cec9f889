"""Choosing: the questions decide, every reason has a lesson, and no protocol at all is never advised."""

from types import SimpleNamespace
from typing import Any

import pytest

from distviz.dashboard.choose import advice, ranked, views
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


def lines(claims: dict[str, Any] | None = None, **answers: str) -> list[ranked.Ranked]:
    return ranked.ranking(answers, PROTOCOLS, claims or {})


def test_what_most_need_is_ranked_first_as_a_combination() -> None:
    found = lines(one_db="no", outside="yes", undo="yes", queue="yes", block="no", fresh="no")
    assert found[0].advice.protocol == "saga-over-outboxes-with-key"
    assert found[0].combined
    assert [part.key for part in found[0].parts] == ["saga", "outbox"]
    assert found[0].advice.fit == "fits"
    without = next(line for line in found if line.advice.protocol == "saga-over-outboxes")
    assert without.advice.points < found[0].advice.points


def test_a_combination_has_reasons_with_lessons_and_needs_all_of_its_parts() -> None:
    made = list(ranked.combinations(PROTOCOLS))
    assert len({one.key for one in made}) == len(made) > 2
    for one in made:
        assert one.key not in PROTOCOLS
        assert len(one.parts) > 1
        assert one.measured in PROTOCOLS
        assert len({(reason.question, reason.answer) for reason in one.advice}) == len(one.advice)
        assert all(lessons.get(reason.lesson) for reason in one.advice)
    assert not list(ranked.combinations({"saga": PROTOCOLS["saga"]}))


def test_one_database_still_needs_no_combination() -> None:
    assert lines(one_db="yes", queue="yes", undo="yes")[0].advice.protocol == "monolith"


def test_a_reason_says_what_was_measured_here() -> None:
    medians = SimpleNamespace(runs=[1], gap="1.1 s", locks="2 s", latency="3 s", messages=7, commits=9)
    claim: Any = SimpleNamespace(plain=medians, refused=medians)
    assert ranked.number("fresh", claim) == "here: inconsistent 1.1 s"
    assert ranked.number("one_db", claim) == "here: 9 commits, 7 messages"
    assert ranked.number("block", claim) == "here: locks held 2 s"
    assert "3 s" in ranked.number("undo", claim)
    assert ranked.number("outside", claim) == ""
    nothing: Any = SimpleNamespace(plain=SimpleNamespace(runs=[]), refused=SimpleNamespace(runs=[]))
    assert {ranked.number(one.key, nothing) for one in advice.QUESTIONS} == {""}
    assert ranked.number("fresh", None) == ""


def test_what_is_missing_is_known_for_each_number_of_the_table() -> None:
    def claim(key: str, plain: int, refused: int) -> Any:
        made = [SimpleNamespace(runs=[1] * number) for number in (plain, refused)]
        return SimpleNamespace(protocol=SimpleNamespace(key=key), plain=made[0], refused=made[1])

    made = [claim("saga", 1, 1), claim("outbox", 0, 1), claim("monolith", 0, 0)]
    refused = ("monolith", "payment.in_tx:decline")
    assert views._missing(made, broken=True) == [("outbox", ""), ("monolith", ""), refused]
    assert views._missing(made, broken=False) == [("outbox", ""), ("monolith", "")]
