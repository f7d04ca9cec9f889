"""An import is read, folded and drawn once, however often and by however many it is looked at: 2,000 events took
seconds of a processor at each GET."""

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import translation

from distviz.export import replay
from distviz.imports import kept
from tests.support.exported import eventful, story


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    kept._kept.clear()
    yield
    kept._kept.clear()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Each row and each part that is drawn."""
    calls: list[Any] = []
    draw = replay.render_to_string
    monkeypatch.setattr(replay, "render_to_string", lambda name, context: calls.append(name) or draw(name, context))
    return calls


def imported(digest: str = "a") -> Any:
    return SimpleNamespace(digest=digest)


def test_the_second_look_draws_no_row(drawn: list[Any]) -> None:
    first = replay.player(kept.story_of(imported(), lambda: story(eventful())))
    cost = len(drawn)
    second = replay.player(kept.story_of(imported(), lambda: pytest.fail("it was read again")))
    assert second["drawn_rows"] == first["drawn_rows"]
    assert second["frames"] == first["frames"]
    assert cost > 40
    assert len(drawn) - cost == len(replay.AROUND)  # what stands around the rows at the step that is asked for


def test_many_who_look_at_once_wait_for_the_first(drawn: list[Any]) -> None:
    first = kept.story_of(imported(), lambda: story(eventful()))
    looking = [threading.Thread(target=replay.frames, args=(first,)) for _n in range(8)]
    for one in looking:
        one.start()
    for one in looking:
        one.join()
    at_once = len(drawn)
    drawn.clear()
    replay.frames(story(eventful()))
    assert at_once == len(drawn)


def test_each_language_has_its_own() -> None:
    english = kept.story_of(imported(), lambda: story(eventful()))
    with translation.override("uk"):
        assert kept.story_of(imported(), lambda: story(eventful())) is not english
    assert kept.story_of(imported(), lambda: story(eventful())) is english


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    events = len(story(eventful()).events)
    monkeypatch.setattr(kept, "KEPT", 3 * events)
    for number in range(9):
        kept.story_of(imported(str(number)), lambda: story(eventful()))
    assert [digest for digest, _language in kept._kept] == ["6", "7", "8"]
