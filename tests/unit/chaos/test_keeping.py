"""Results that wait in the home until the lab answers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from distviz.chaos import keeping

ROW = {"seed": 7, "started_at": "2026-01-02T03:04:05+00:00", "finished_at": "2026-01-02T03:06:05+00:00"}


class Table:
    """What the database keeps: one row for each id."""

    def __init__(self) -> None:
        self.rows: dict[UUID, dict[str, Any]] = {}

    def get_or_create(self, id: UUID, defaults: dict[str, Any]) -> None:
        self.rows.setdefault(id, defaults)

    def values_list(self, *_names: str, flat: bool) -> list[UUID]:
        return list(self.rows)

    def filter(self, **_wanted: Any) -> "Table":
        return self

    def delete(self) -> None:
        pass


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], Table]:
    table = Table()
    monkeypatch.setattr(keeping.Campaign, "objects", table)
    monkeypatch.setattr(keeping, "_folder", lambda: tmp_path)

    def again() -> Table:
        assert keeping.store_files()
        return table

    return again


def test_a_file_that_was_stored_and_is_still_there_is_no_second_result(
    store: Callable[[], Table], tmp_path: Path
) -> None:
    for _life in range(2):
        (tmp_path / "a.json").write_text(json.dumps(ROW))
        rows = store().rows
    assert [row["seed"] for row in rows.values()] == [7]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", json.dumps({**ROW, "started_at": "yesterday"})])
def test_what_cannot_be_read_is_put_aside(store: Callable[[], Table], tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    (tmp_path / "b.json").write_text(json.dumps(ROW))
    assert len(store().rows) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["a.unreadable"]
