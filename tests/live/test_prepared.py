"""A stack of the tests begins where a first start has ended: it is not prepared again."""

import pytest

from distviz.stack import layout
from tests.support.stack import Stack


def test_a_copied_home_is_taken_as_it_is(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTVIZ_HOME", str(stack.home))
    moved = layout.read_stack()["ports"] != layout.first_ports()  # who has other ports than it wanted looks again
    assert stack.output().count("databases are prepared") == 1 or moved
    assert stack.output().count("this once") == 1, "and has the admin whose password was shown then"
