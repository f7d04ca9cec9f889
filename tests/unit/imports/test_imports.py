"""An exported run comes back as it was; a file that somebody tampered with is refused, the wrong field named."""

import copy
import json
import random
from typing import Any

import pytest

from distviz.dashboard.export.files import FORMATS
from distviz.errors import BadRequest
from distviz.export import json_file, replay, svg
from distviz.imports import keeping
from distviz.imports.reading import EVENTS, LIMIT, field_name
from distviz.story.words.sentences import english
from tests.support.exported import SPECIAL_CHARACTERS, eventful, story

LINE = SPECIAL_CHARACTERS.replace("\u2028", "")  # as nasty as a note can be
GOOD = json.loads(json_file.draw(story(eventful(), note=LINE)))


def refused(value: Any) -> str:
    with pytest.raises(BadRequest) as refusal:
        keeping.check(value)
    sentence = english(refusal.value.reason)
    assert len(sentence) < 300
    sentence.encode()
    return refusal.value.field


def changed(path: str, value: Any) -> dict[str, Any]:
    """GOOD with one field changed; ... takes it away."""
    made = copy.deepcopy(GOOD)
    *way, last = path.split("/")
    place: Any = made
    for name in way:
        place = place[int(name)] if isinstance(place, list) else place[name]
    if value is ...:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return made


def test_the_round_trip_loses_nothing() -> None:
    first = story(eventful(), note=LINE)
    text = json_file.draw(first)
    back = keeping.read(text.encode())
    assert json_file.draw(back) == text
    assert [row.sentence for row in back.picture.rows] == [row.sentence for row in first.picture.rows]
    assert [row.money for row in back.picture.rows] == [row.money for row in first.picture.rows]
    assert replay.frames(back) == replay.frames(first)
    assert svg.draw(back).count("<g>") == svg.draw(first).count("<g>")


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("format", "something", "format"),
        ("schema", 2, "schema"),
        ("schema", ..., "schema"),
        ("extra", 1, "extra"),
        ("run/id", "1", "run.id"),
        ("run/id", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz", "run.id"),
        ("run/protocol", "bitcoin", "run.protocol"),
        ("run/amount", 100, "run.amount"),
        ("run/amount", "1e3", "run.amount"),
        ("run/amount", "-5.00", "run.amount"),
        ("run/note", "two\nlines", "run.note"),
        ("run/note", "\u202eevil", "run.note"),
        ("run/note", "x" * 201, "run.note"),
        ("run/account", "", "run.account"),
        ("run/status", "rich", "run.status"),
        ("run/created", "yesterday", "run.created"),
        ("run/created", "2025-13-45T99:00:00Z", "run.created"),
        ("run/trace_id", "<b>", "run.trace_id"),
        ("faults/0/times", "1", "faults[0].times"),
        ("faults/0/do", "rm -rf", "faults[0].do"),
        ("events", [], "events"),
        ("events", {}, "events"),
        ("events/1/seq", 1, "events[1].seq"),
        ("events/1/seq", True, "events[1].seq"),
        ("events/3/seq", 99, "events[3].seq"),
        ("events/1/caused_by", 2, "events[1].caused_by"),
        ("events/1/at", 12, "events[1].at"),
        ("events/1/at", "9999-12-31T23:59:59Z", "events[1].at"),
        ("events/1/lane", "bank", "events[1].lane"),
        ("events/1/to", "bank", "events[1].to"),
        ("events/1/kind", 'x" onload="', "events[1].kind"),
        ("events/1/kind", "banana", "events[1].kind"),
        ("events/16/kind", "banana", "events[16].kind"),
        ("events/16/name", "banana", "events[16].name"),
        ("events/16/name", "n" * 40, "events[16].name"),
        ("events/16/name", "running", "events[16].name"),
        ("events/16/data/verdict", "banana", "events[16].data.verdict"),
        ("events/16/data/verdict", 7, "events[16].data.verdict"),
        ("events/1/phase", "a b", "events[1].phase"),
        ("events/1/name", "n" * 81, "events[1].name"),
        ("events/1/attempt", 0, "events[1].attempt"),
        ("events/1/span_id", "<script>", "events[1].span_id"),
        ("events/1/changes", [1], "events[1].changes[0]"),
        ("events/1/statements", [{"a": 1}], "events[1].statements[0]"),
        ("events/1/error", "\x00", "events[1].error"),
        ("events/1/error", "\ud800", "events[1].error"),
        ("events/1/data", [], "events[1].data"),
        ("events/1/data", {"wait_ms": "soon"}, "events[1].data"),
        ("events/1/data", {"ms": 1e300}, "events[1].data"),
        ("events/1/data", {"locks": 3}, "events[1].data"),
        ("events/1/data", {"faults": "all"}, "events[1].data"),
        ("events/1/data", {"money": {"x": {"account": "1e999999"}}}, "events[1].data"),
        ("events/1/data", {"money": {"x": {"account": 5}}}, "events[1].data"),
        ("events/1/data", {"deep": [{"x": "y" * 9000}]}, "events[1].data"),
        ("events/1/data", {"a\x00b": 1}, "events[1].data"),
    ],
)
def test_the_wrong_field_is_named(path: str, value: Any, field: str) -> None:
    assert refused(changed(path, value)) == field


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [GOOD]])
def test_what_is_no_run_at_all(value: Any) -> None:
    assert refused(value) in ("file", "format")


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b"NaN", b"[" * 50_000, b'{"a":1,"a":2}', b" " * (LIMIT + 1)])
def test_what_is_no_json_names_the_file(body: bytes) -> None:
    with pytest.raises(BadRequest) as refusal:
        keeping.read(body)
    assert refusal.value.field == "file"


def test_too_many_events() -> None:
    made = copy.deepcopy(GOOD)
    made["events"] = [{**made["events"][0], "seq": n} for n in range(1, EVENTS + 2)]
    assert refused(made).startswith("events")


def test_brackets_in_a_text_are_no_nesting() -> None:
    text = json.dumps(changed("events/1/error", "[" * 500))
    assert keeping.read(text.encode()).events[1].error == "[" * 500


def test_a_name_from_outside_is_escaped() -> None:
    assert field_name(("run", "a\u202e<b>")) == "run.a\\u202e<b>"
    assert field_name(()) == "file"


def test_no_change_of_any_field_is_an_error_of_ours() -> None:
    """Whatever is put wherever: refused with a field's name, or drawn to its end."""
    rng = random.Random(7)
    odd = [
        None,
        "",
        "x",
        -1,
        0,
        1.5,
        True,
        [],
        {},
        [[]],
        {"a": None},
        "\u0000",
        "9" * 400,
        ["a"],
        {"account": "x"},
        2**60,
        "banana",
        "n" * 21,
        "inconsistent",
    ]
    for _turn in range(60):
        made = copy.deepcopy(GOOD)
        event = rng.choice(made["events"])
        inside = event["data"] if rng.random() < 0.6 and event["data"] else event
        inside[rng.choice(list(inside))] = rng.choice(odd)
        try:
            first = keeping.check(made)
        except BadRequest:
            continue
        assert replay.player(first)
        assert all(form.draw(first) for form in FORMATS.values())
        assert keeping.read(json_file.draw(first).encode())
