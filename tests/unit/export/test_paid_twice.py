"""What was paid twice is told by every format, in a number: it is in no other part of the money."""

import csv
import io
import json

import pytest

from distviz.dashboard.export.files import FORMATS
from distviz.export import csv_log, json_file, markdown, svg
from distviz.export.one_run import Story
from tests.support.exported import story
from tests.support.made_up_run import Log


@pytest.fixture
def paid_twice() -> Story:
    log = Log().sent("api", "account", "WithdrawalRequested").deducted()
    for copy in ("first", "second"):
        data = {"money": {copy: {"paid": "100.00"}}}
        log("payment", "step", "begin", "charge", data=data)("payment", "step", "commit", "charge", data=data)
    totals = {"account": "-100.00", "paid": "200.00", "in_flight": "0.00", "missing": "0.00", "overpaid": "100.00"}
    log("client", "finished", "inconsistent", "inconsistent", data={"verdict": "paid_twice", "money": totals})
    return story(log, "dual_write")


def test_csv_has_a_column_for_it(paid_twice: Story) -> None:
    lines = list(csv.DictReader(io.StringIO(csv_log.draw(paid_twice), newline="")))
    assert [line["overpaid"] for line in (lines[0], lines[-1])] == ["0.00", "100.00"]
    assert lines[-1]["missing"] == "0.00"


def test_markdown_has_a_column_where_there_is_any(paid_twice: Story) -> None:
    lines = [line for line in markdown.draw(paid_twice).splitlines() if line.startswith("|")]
    assert any(line.endswith("| missing | paid twice |") for line in lines)
    assert lines[-1].endswith("| 0.00 | 100.00 |")
    plain = markdown.draw(story(Log().sent("api", "account", "WithdrawalRequested").deducted()))
    assert "paid twice" not in plain


def test_the_names_of_steps_tell_it(paid_twice: Story) -> None:
    assert paid_twice.picture.rows[-1].spoken.endswith("paid twice $100.00")
    assert "paid twice $100.00" in svg.draw(paid_twice)


def test_json_keeps_it_with_the_end(paid_twice: Story) -> None:
    assert json.loads(json_file.draw(paid_twice))["events"][-1]["data"]["money"]["overpaid"] == "100.00"


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_says_so(paid_twice: Story, name: str) -> None:
    text = str(FORMATS[name].draw(paid_twice)).lower()
    assert "paid twice" in text or "overpaid" in text or "paid_twice" in text
