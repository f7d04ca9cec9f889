"""What services wrote down in English is told in the page's language, and stays a fact in English."""

import re

import pytest
from django.utils import translation

from distviz.story.words.translated import SENTENCES, said


def test_a_sentence_within_a_sentence_is_told_too() -> None:
    stored = "$100.00 was given back: payment said no (switched on)."
    with translation.override("uk"):
        told = said(stored)
    assert "100.00" in told
    assert "payment" in told
    assert not re.search(r"given|said|switched", told)


def test_in_english_it_is_what_was_written() -> None:
    assert said("Declined: insufficient funds. No money moved.") == "Declined: insufficient funds. No money moved."


def test_an_unknown_sentence_is_shown_as_it_is() -> None:
    with translation.override("uk"):
        assert said("relation does not exist: 7") == "relation does not exist: 7"
        assert said("") == ""


@pytest.mark.parametrize("sentence", SENTENCES)
def test_no_sentence_is_taken_for_another(sentence: str) -> None:
    """Each is told by its own translation, not by a wider pattern before it."""
    filled = re.sub(r"%\(\w+\)s", "x", sentence)
    with translation.override("uk"):
        expected = re.sub(r"%\(\w+\)s", "x", translation.gettext(sentence))
        assert said(filled) == expected
