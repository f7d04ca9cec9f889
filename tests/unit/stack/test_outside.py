"""Protocols from outside are found, or refused with words; nothing of them is imported here."""

import json
import os
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from distviz.stack import layout, outside, trying
from distviz.stack.outside import Outside, Refused


def folder(at: Path, name: str) -> Path:
    made = at / name
    made.mkdir(parents=True)
    for file in ("__init__.py", "apps.py", "protocol.py"):
        (made / file).write_text("")
    return made


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DISTVIZ_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(outside.VARIABLE, raising=False)
    (tmp_path / "home").mkdir()
    return tmp_path


def test_folders_are_found_in_their_order(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two, one = folder(home, "two"), folder(home, "one")
    monkeypatch.setenv(outside.VARIABLE, f"{two}, {one}")
    assert outside.find() == ([Outside("two", "protocols.two", two), Outside("one", "protocols.one", one)], [])
    monkeypatch.setenv(outside.VARIABLE, f"{one}{os.pathsep}{two}{os.pathsep}{one}")
    assert [found.key for found in outside.find()[0]] == ["one", "two"]


def test_a_relative_path_begins_in_the_working_directory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = folder(home, "mine")
    monkeypatch.chdir(home)
    monkeypatch.setenv(outside.VARIABLE, "./mine")
    assert outside.find()[0] == [Outside("mine", "protocols.mine", made)]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Mine", "small letter"),
        ("my-own", "small letter"),
        ("class", "small letter"),
        ("m" * 21, "longer than 20"),
        ("saga", "has one of that name"),
        ("registry", "has one of that name"),
    ],
)
def test_a_name_that_cannot_be_a_key_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    monkeypatch.setenv(outside.VARIABLE, str(folder(home, name)))
    found, [refused] = outside.find()
    assert not found
    assert why in str(refused)


def test_what_is_no_protocol_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = folder(home, "mine")
    (made / "apps.py").unlink()
    monkeypatch.setenv(outside.VARIABLE, f"{made},{home / 'gone'}")
    found, refused = outside.find()
    assert not found
    assert [(one.key, one.error.split(" (")[0]) for one in refused] == [
        ("mine", "there is no apps.py"),
        ("gone", "there is no such folder"),
    ]


def test_one_key_is_one_protocols(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = folder(home / "a", "mine"), folder(home / "b", "mine")
    monkeypatch.setenv(outside.VARIABLE, f"{one},{two}")
    found, refused = outside.find()
    assert found == [Outside("mine", "protocols.mine", one)]
    assert refused == [Refused("mine", f"another one has this key: {one}")]


def test_a_command_in_another_terminal_knows_what_the_stack_knows(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = folder(home, "one"), folder(home, "two")
    layout.stack_file().write_text(json.dumps({"protocols": [str(one)]}))
    assert [found.key for found in outside.find()[0]] == ["one"]
    monkeypatch.setenv(outside.VARIABLE, str(two))
    assert [found.key for found in outside.find()[0]] == ["two"]


def test_packages_are_found_by_their_entry_points(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = folder(home, "acme_tcc")
    points = [
        EntryPoint("acme", "acme_tcc", outside.GROUP),
        EntryPoint("gone", "acme_gone", outside.GROUP),
        EntryPoint("outbox", "acme_tcc", outside.GROUP),
    ]
    monkeypatch.syspath_prepend(str(home))
    monkeypatch.setattr(outside, "entry_points", lambda **_: points)
    outside._of_packages.cache_clear()
    try:
        found, refused = outside.find()
    finally:
        outside._of_packages.cache_clear()
    assert found == [Outside("acme", "acme_tcc", made)]
    assert [str(one) for one in refused] == [
        "the protocol gone cannot be loaded: there is no package acme_gone",
        "the protocol outbox cannot be loaded: this lab has one of that name",
    ]


def test_whose_a_module_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(outside.KEYS, "acme.acme", "acme")
    modules = ("protocols.saga.events", "acme.acme.events", "acme.tccs.events", "protocols.messages", "distviz.codes")
    assert [outside.key_of(module) for module in modules] == ["saga", "acme", "", "", ""]


def test_a_change_of_what_runs_is_seen_and_one_of_its_tests_is_not(home: Path) -> None:
    made = folder(home, "mine")
    one = [Outside("mine", "protocols.mine", made)]
    before = trying.mark(one)
    (made / "tests").mkdir()
    (made / "tests" / "test_it.py").write_text("X = 1")
    assert trying.mark(one) == before
    (made / "protocol.py").write_text("PROTOCOL = None")
    assert trying.mark(one) != before


def test_the_one_that_is_to_blame_is_left_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    protocols = [Outside(key, f"protocols.{key}", home / key) for key in ("a", "b", "c")]
    tried = []

    def attempt(some: list[Outside]) -> Refused | None:
        keys = [one.key for one in some]
        tried.append("".join(keys))
        return Refused("b", "broken") if "b" in keys else None

    monkeypatch.setattr(trying, "try_these", attempt)
    verdict = trying.try_all(protocols)
    assert ([one.key for one in verdict.loaded], verdict.refused) == (["a", "c"], (Refused("b", "broken"),))
    assert tried == ["abc", "ac"]


def test_where_nobody_knows_who_is_to_blame_each_is_tried(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    protocols = [Outside(key, f"protocols.{key}", home / key) for key in ("a", "b", "c")]
    monkeypatch.setattr(trying, "try_these", lambda some: Refused("", "dead") if protocols[1] in some else None)
    verdict = trying.try_all(protocols)
    assert ([one.key for one in verdict.loaded], verdict.refused) == (["a", "c"], (Refused("b", "dead"),))
