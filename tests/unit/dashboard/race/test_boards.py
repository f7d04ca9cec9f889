"""What a comparison says of its runs together."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from distviz.dashboard.race import boards
from distviz.dashboard.race.boards import Board

START = datetime(2026, 1, 1, tzinfo=UTC)


def board(begins: float, ends: float | None = None) -> Any:
    """A run that begins and ends so many seconds after START; without an end it goes on."""
    events = [SimpleNamespace(at=START + timedelta(seconds=begins), kind="request")]
    if ends is not None:
        events.append(SimpleNamespace(at=START + timedelta(seconds=ends), kind="finished"))
    return Board(0, None, None, events, [], START)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "is_so"),
    [
        ([board(0, 3), board(0.1, 2)], True),
        ([board(0, 3), board(25, 28)], False),
        ([board(0, 3), board(2, 28), board(4, 5)], False),
        ([board(0, 3), board(2)], True),
        ([board(0), board(90)], True),
        ([board(0, 3)], False),
    ],
)
def test_runs_were_at_once_if_there_was_a_moment_at_which_all_were_open(made: list[Board], is_so: bool) -> None:
    assert boards.at_once(made) is is_so
