"""What a desk says of what waits is so."""

from typing import Any

import pytest

from distviz.dashboard.attention import words
from distviz.trace.models import Parked, Run


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(Run, "unexplained", 0)
    return Run(protocol="tcc", account="alice", holding={"at": "coordinator.between_confirms", "pid": 7})


@pytest.mark.parametrize(("alive", "locks"), [(True, True), (True, False), (False, True)])
def test_a_transaction_is_open_where_one_is(run: Run, *, alive: bool, locks: bool) -> None:
    """A step that is held between two transactions has no locks, and what a dead process had is rolled back."""
    assert ("transaction is open" in words.held(run, alive, locks).money) is (alive and locks)


def test_points_and_lanes_have_the_names_of_the_pages(run: Run) -> None:
    assert "after the first branch was told to confirm" in words.held(run, True, False).happened
    message: Any = Parked(run=run, name="AccountTried", to="api")
    assert "AccountTried to API / Coordinator" in words.parked(message).happened
