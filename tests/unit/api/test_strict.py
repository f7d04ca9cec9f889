"""Reading a body: what is doubtful is refused in words, and nothing hostile gets further."""

import pytest

from distviz.web import strict


def test_plain_json_is_read():
    assert strict.loads(b'{"a": [1, "\xc3\xa9", null, true, 1.5]}') == {"a": [1, "é", None, True, 1.5]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"\\ud800": 1}',
        b"\xff\xfe{",
        b"[" * 60_000,
        b"[" * 30_000 + b"]" * 30_000,
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b"1" * 20_000,
        b'{"a": 1} {"b": 2}',
        b"\x00",
    ],
)
def test_what_is_doubtful_is_refused(body):
    with pytest.raises(strict.Unreadable) as refusal:
        strict.loads(body)
    assert len(str(refusal.value)) < 200
    str(refusal.value).encode()  # can be sent


def test_half_a_surrogate_pair_in_a_value_is_left_to_the_field():
    assert strict.loads(b'"\\ud800"') == "\ud800"


def test_names_are_shown_safely():
    assert strict.shown("a\u202e\ud800\x00<b>" + "x" * 100) == ("a\\u202e\\ud800\\x00<b>" + "x" * 100)[:60]
