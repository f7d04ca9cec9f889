"""An outage is said a few times and then counted; nothing else is left out."""

import io
import logging
from collections.abc import Iterator

import pytest

from distviz.stack import repeats
from tests.support.stack import wait_for


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[logging.Logger, io.StringIO]]:
    monkeypatch.setattr(repeats, "EVERY_S", 0.3)
    out, logger = io.StringIO(), logging.getLogger("tests.repeats")
    handler = logging.StreamHandler(out)
    handler.addFilter(repeats.Repeats())
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, out
    logger.removeHandler(handler)


def test_an_error_that_repeats_is_counted(said: tuple[logging.Logger, io.StringIO]) -> None:
    logger, out = said
    for n in range(700):
        logger.warning("run %s could not be driven on", n)
    assert out.getvalue().count("\n") == repeats.SHOWN
    wait_for(lambda: "698 more like this in 0.3 s: run 2 could" in out.getvalue(), 5)
    logger.error("something else")
    assert out.getvalue().endswith("something else\n")


def test_another_error_at_the_same_line_is_told(said: tuple[logging.Logger, io.StringIO]) -> None:
    """As Django's handler logs whatever a view raises."""
    logger, out = said
    for n in range(9):
        try:
            {}["key"] if n < 8 else [][1]
        except LookupError:
            logger.exception("the server failed at %d", n)
    assert out.getvalue().count("the server failed") == repeats.SHOWN + 1
    assert "IndexError" in out.getvalue()


def test_what_nothing_else_keeps_is_told_each_time(said: tuple[logging.Logger, io.StringIO]) -> None:
    logger, out = said
    for n in range(9):
        logger.error("lost: %d", n, extra={"repeated": True})
    assert out.getvalue().count("lost") == 9


def test_what_is_said_on_the_way_is_not_counted(said: tuple[logging.Logger, io.StringIO]) -> None:
    logger, out = said
    logger.setLevel(logging.INFO)
    for n in range(50):
        logger.info("a step, %d", n)
    assert out.getvalue().count("\n") == 50
