"""What a process logs while it works on a run is kept with the run, bounded, and not on the console."""

import logging
from collections.abc import Iterator

import pytest

from distviz.trace import context, lines

_log = logging.getLogger("distviz.trace.test_lines")


@pytest.fixture
def kept() -> Iterator[lines.LineHandler]:
    keeper = lines.LineHandler()
    _log.addHandler(keeper)
    _log.setLevel(logging.DEBUG)
    _log.propagate = False
    yield keeper
    _log.propagate = True
    _log.removeHandler(keeper)


@pytest.fixture
def delivery() -> Iterator[context.Delivery]:
    current = context.Delivery(run_id="r-1", protocol="saga", lane="account", span_id="ab")
    with context.handling(current):
        yield current


def test_a_line_goes_with_the_next_event_of_its_run(kept: lines.LineHandler, delivery: context.Delivery) -> None:
    _log.info("deduct: %d rows", 2)
    (line,) = delivery.lines_so_far()
    assert (line["text"], line["level"], line["span"]) == ("deduct: 2 rows", "INFO", "ab")
    assert delivery.lines_so_far() == []


def test_outside_of_a_delivery_nothing_is_kept(kept: lines.LineHandler, delivery: context.Delivery) -> None:
    with context.handling(context.Delivery(run_id="r-2")) as another:
        _log.info("another's")
    assert delivery.lines_so_far() == []
    assert len(another.lines_so_far()) == 1


def test_a_talkative_process_does_not_fill_the_log(kept: lines.LineHandler, delivery: context.Delivery) -> None:
    for _ in range(1000):
        _log.info("x" * 5000)
    taken = delivery.lines_so_far()
    assert len(taken) == lines.MOST
    assert {len(line["text"]) for line in taken} == {lines.LONGEST}


def test_an_exception_is_kept_with_where_it_came_from(kept: lines.LineHandler, delivery: context.Delivery) -> None:
    try:
        raise ValueError("no\x00such")
    except ValueError:
        _log.exception("failed")
    (line,) = delivery.lines_so_far()
    assert "Traceback" in line["text"]
    assert "\x00" not in line["text"]


def test_a_record_that_cannot_be_written_ends_no_work(
    kept: lines.LineHandler, delivery: context.Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    _log.info("%d", "no number")
    assert delivery.lines_so_far() == []


def test_the_console_gets_warnings_only(delivery: context.Delivery) -> None:
    hears = lines.Outside()
    said = {level: hears.filter(logging.LogRecord("x", level, "", 0, "", (), None)) for level in (20, 30)}
    assert said == {20: False, 30: True}
