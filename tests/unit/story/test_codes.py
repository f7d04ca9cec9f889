"""Every code that is raised or returned anywhere has a sentence, in English and Ukrainian, with its parameters."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from django.utils import translation

from distviz.codes import Reason
from distviz.story.words import sentences
from distviz.story.words.sentences import SENTENCES, english, say

ROOT = Path(__file__).resolve().parents[3]
_HOLE = re.compile(r"%\((\w+)\)s")
# Who takes a code, and which argument it is.
_TAKE = {
    **dict.fromkeys(
        (
            "Reason",
            "of",
            "Declined",
            "Transient",
            "Coded",
            "Wrong",
            "Unreadable",
            "CannotPrepare",
            "BrokenPromise",
            "Garbage",
        ),
        0,
    ),
    **dict.fromkeys(("DistvizError", "NotFound", "NotNow", "Forbidden", "Unavailable", "NoSuchStream", "_refuse"), 0),
    **dict.fromkeys(("succeeded", "failed", "compensated", "inconsistent"), 0),
    **dict.fromkeys(("FieldError", "BadRequest", "Conflict"), 1),
    "check": 2,
}


class Use(NamedTuple):
    """A code as somebody gives it; `params` is None where they are not written out."""

    code: str
    params: frozenset[str] | None
    where: str


def _sources() -> Iterator[Path]:
    for folder in ("distviz", "protocols"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"tests", "migrations"}.intersection(path.relative_to(ROOT).parts):
                yield path


def _uses() -> Iterator[Use]:
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text())):
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call):
                yield from _of_call(node, where)
            elif isinstance(node, ast.ClassDef):
                yield from _of_class(node, where)


def _of_call(node: ast.Call, where: str) -> Iterator[Use]:
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    place = _TAKE.get(name)
    if place is None or len(node.args) <= place:
        return
    if name == "of" and getattr(getattr(node.func, "value", None), "id", "") != "Reason":
        return
    for code in _constants(node.args[place]):
        yield Use(code, _params(name, node, place), where)


def _constants(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        yield "prose, put together here"


def _params(name: str, node: ast.Call, place: int) -> frozenset[str] | None:
    if name == "check":
        return frozenset()
    if name == "Reason" and len(node.args) > 1:
        given = node.args[1]
        return _keys(given) if isinstance(given, ast.Dict) else None
    names = [keyword.arg for keyword in node.keywords]
    return None if None in names else frozenset(str(name) for name in names)


def _keys(given: ast.Dict) -> frozenset[str] | None:
    keys = [key.value for key in given.keys if isinstance(key, ast.Constant)]
    return frozenset(map(str, keys)) if len(keys) == len(given.keys) else None


def _of_class(node: ast.ClassDef, where: str) -> Iterator[Use]:
    """`code = "not_found"` of an error."""
    for line in node.body:
        if isinstance(line, ast.Assign) and [getattr(target, "id", "") for target in line.targets] == ["code"]:
            yield from (Use(code, None, where) for code in _constants(line.value))


USES = list(_uses())
CODED = [use for use in USES if " " not in use.code]


def test_the_walk_finds_what_there_is() -> None:
    known = {use.code for use in CODED}
    assert {"insufficient_funds", "no_such_run", "statuses_are_true", "max_retries", "bad_idempotency_key"} <= known
    assert len(known) > 100


def test_no_code_is_prose() -> None:
    prose = [use for use in USES if " " in use.code]
    assert [f"{use.where}: {use.code}" for use in prose] == []


@pytest.mark.parametrize("use", CODED, ids=lambda use: f"{use.code}@{use.where}")
def test_a_code_has_a_sentence_with_exactly_its_parameters(use: Use) -> None:
    assert use.code in SENTENCES, f"{use.where}: register a sentence for {use.code!r}"
    if use.params is not None:
        with translation.override("en"):
            assert set(_HOLE.findall(str(SENTENCES[use.code]))) == use.params


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_a_sentence_is_in_both_languages(code: str) -> None:
    with translation.override("en"):
        one = str(SENTENCES[code])
    with translation.override("uk"):
        other = str(SENTENCES[code])
    assert sorted(_HOLE.findall(one)) == sorted(_HOLE.findall(other))
    assert one != other or not re.search(r"[a-z]", _HOLE.sub("", one)), "not translated"


def test_no_sentence_is_left_over() -> None:
    """Each code is given somewhere, by a name in the source: what nobody gives, nobody reads."""
    words = ROOT / "distviz" / "story" / "words"
    tables = {words / "sentences.py", words / "refusals.py", words / "findings.py"}
    given = {
        node.value
        for path in _sources()
        if path.name != "words.py" and path not in tables
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert sorted(set(SENTENCES) - given) == []


# --- how a sentence is made ---------------------------------------------------------------------------------------


def test_a_reason_within_a_reason_is_told_in_the_same_language() -> None:
    reason = Reason.of("given_back", amount="100.00", why=Reason.of("declined_on_purpose", who="payment"))
    assert english(reason) == "$100.00 was refunded: Payment declined (injected fault)."
    sentence = say(reason, "uk")
    assert "$100,00" in sentence
    assert "Платіж" in sentence
    assert not re.search(r"refund|declined|injected", sentence)


def test_points_services_and_states_have_their_names() -> None:
    assert english(Reason.of("error_on_purpose", at="payment.in_tx")).startswith("injected error (Payment, in the")
    assert "Succeeded" in english(Reason.of("run_is_over", status="succeeded"))


def test_findings_are_told_one_after_the_other() -> None:
    found = [Reason.of("succeeded_without_payment", run="r1"), "r2"]
    reason = Reason.of("broken", promise=Reason.of("one_payment"), found=found)
    assert english(reason) == "one payment per withdrawal: broken by r1 succeeded without a payment, r2"


def test_what_is_not_known_is_shown_as_it_is() -> None:
    assert english(Reason.of("of_tomorrow", n=7)) == "of_tomorrow (n=7)"
    assert english(Reason.of("max_retries")) == "max_retries"
    assert english(Reason.prose("50% off %(sum)s")) == "50% off %(sum)s"
    assert english(None) == ""


def test_nothing_in_a_log_can_break_a_sentence() -> None:
    deep: object = {"code": "max_retries", "params": {}}
    for _ in range(500):
        deep = {"code": "max_retries", "params": {"why": deep}}
    assert "max retries exceeded" in say(Reason.of("max_retries", why=deep))
    for odd in ({"reason": {"code": 7}}, {"reason": {"code": "x", "params": "p"}}, {"reason": []}, None, "text"):
        assert sentences.reason_of(odd) is None
