"""Templates can be reviewed line by line, and reach the browser without their indentation."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

from distviz.templates import unindented

ROOT = Path(settings.BASE_DIR)
TEMPLATES = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "protocols").rglob("*.html")]


def test_no_line_is_too_long_to_be_read() -> None:
    long = [f"{file.name}:{n}" for file in TEMPLATES for n, line in enumerate(file.open(), 1) if len(line) > 160]
    assert len(TEMPLATES) > 90
    assert not long


def test_what_stands_apart_stays_apart() -> None:
    assert unindented("<p>\n    one\n\n    two <b> three</b>\n</p>\n") == "<p>\none\ntwo <b> three</b>\n</p>\n"


def test_values_keep_their_indentation() -> None:
    page = get_template("run/source.html")
    line = {"number": 1, "marked": True, "shown": "def deduct():\n    ..."}
    html = page.render({"source": {"name": "deduct", "file": "saga.py", "marked": 1, "lines": [line]}})
    assert "<i>1</i>def deduct():\n    ...\n</span></code></pre>\n</section>" in html
    assert "\n  <" not in html


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_an_error_is_told_by_its_reason(template: Path) -> None:
    """A template says nothing at all where an error has no such member."""
    asked = re.findall(r"\{\{\s*(?:error|wrong)\.(message|args)\b", template.read_text())
    assert asked == []
