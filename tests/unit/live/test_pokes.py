"""What is written together is one entry of the live stream, and the hub hears of each run in it."""

from typing import Any
from uuid import UUID

import pytest

from distviz.live import source
from distviz.trace import live

RUNS = [UUID(int=number) for number in range(3)]


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []

    def send(command: tuple[Any, ...]) -> None:
        words = [word.decode() if isinstance(word, bytes) else str(word) for word in command]
        assert words[:6] == ["XADD", live.STREAM, "MAXLEN", "~", str(live.KEPT), "*"]
        found.append(dict(zip(words[6::2], words[7::2], strict=True)))

    monkeypatch.setattr(live, "_send", send)
    return found


def test_a_batch_is_one_entry_for_all_of_its_runs(entries: list[dict[str, str]]) -> None:
    live.poke_each([(run, number, "outbox", "alice") for number, run in enumerate(RUNS)])
    assert len(entries) == 1
    assert source._pokes(entries[0]) == [(run, number, "outbox") for number, run in enumerate(RUNS)]


def test_one_run_has_its_own(entries: list[dict[str, str]]) -> None:
    live.poke(RUNS[1], 7, "saga", "bob")
    live.poke_each([])
    assert entries == [{"run": str(RUNS[1]), "seq": "7", "protocol": "saga", "account": "bob"}]
    assert source._pokes(entries[0]) == [(RUNS[1], 7, "saga")]


@pytest.mark.parametrize(
    "each", ["", "{", "7", "null", "[7]", "[[1]]", '[["x", 1, "saga"]]', "[[null, null, null, 1]]"]
)
def test_what_is_no_poke_is_passed_over(each: str) -> None:
    assert source._pokes({"each": each}) == []
