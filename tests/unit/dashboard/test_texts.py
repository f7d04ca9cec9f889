"""The pages speak Ukrainian as well as English: every text has its translation, and what is compiled is of today."""

import re
from collections.abc import Iterable
from pathlib import Path

import polib
import pytest
from django.utils import translation
from django.utils.translation import gettext, ngettext

from tests.support import texts

_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|#|</?\w+")


def _said(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


FOUND = texts.catalogues()


@pytest.fixture(scope="module", params=FOUND, ids=lambda path: str(path.relative_to(texts.ROOT)))
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture(scope="module")
def catalogue(path: Path) -> polib.POFile:
    return polib.pofile(str(path))


def _few(names: Iterable[str]) -> list[str]:
    return sorted(names)[:20]


def test_every_text_is_in_the_catalogue_and_nothing_else(path: Path, catalogue: polib.POFile) -> None:
    known = {texts.Text(entry.msgid, entry.msgid_plural) for entry in catalogue}
    now = set(FOUND[path])
    assert (_few(text.one for text in now - known), _few(text.one for text in known - now)) == ([], []), "make texts"


def test_every_text_is_translated(catalogue: polib.POFile) -> None:
    assert _few(entry.msgid for entry in catalogue if entry.fuzzy or not all(_said(entry))) == []


def test_a_translation_has_the_same_placeholders_and_tags(catalogue: polib.POFile) -> None:
    wrong = [
        entry.msgid
        for entry in catalogue
        for said in _said(entry)
        if said
        and sorted(_PLACEHOLDER.findall(said)) != sorted(_PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    ]
    assert wrong == []


def test_the_compiled_catalogue_is_of_today(path: Path, catalogue: polib.POFile) -> None:
    compiled = polib.mofile(str(path.with_suffix(".mo")))
    assert {e.msgid: _said(e) for e in compiled} == {e.msgid: _said(e) for e in catalogue if all(_said(e))}, (
        "make texts"
    )


def test_plurals_are_ukrainian() -> None:
    with translation.override("uk"):
        said = [ngettext("%(n)s run", "%(n)s runs", n) % {"n": n} for n in (1, 2, 5, 11, 21)]
        assert [one.split()[1] for one in said] == ["запуск", "запуски", "запусків", "запусків", "запуск"]
        assert gettext("Runs") == "Запуски"
