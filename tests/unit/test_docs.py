"""The documents point at what exists."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DOCS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.name)
def test_every_link_leads_somewhere(doc: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", doc.read_text())
    assert [link for link in links if "://" not in link and not (doc.parent / link).exists()] == []


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.name)
def test_every_path_that_is_named_exists(doc: Path) -> None:
    """A file named in backticks, whole or from `distviz/` or a protocol's folder on."""
    named = re.findall(
        r"`((?:distviz|protocols|templates|static|tests|docs)/[\w./-]+\.(?:py|js|css|html|md))`", doc.read_text()
    )
    assert [path for path in named if not (ROOT / path).exists()] == []


def anchor(heading: str) -> str:
    """Where a heading is found on a page: lower case, without marks, hyphens for spaces."""
    return re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-")


def test_the_contents_of_the_decisions_are_their_headings() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text()
    headings = set(re.findall(r"^## (.+)$", text, re.MULTILINE)) - {"Contents"}
    listed = re.findall(r"^- \[(.+)\]\(#(.+)\)$", text, re.MULTILINE)
    assert sorted(listed) == sorted((heading, anchor(heading)) for heading in headings)


def test_every_test_of_the_table_of_guards_exists() -> None:
    """`<file>::<test>`, below `tests/unit/` unless the path is whole."""
    text = (ROOT / "docs" / "reliability.md").read_text()
    named = re.findall(r"`([\w/.]+\.py)::(test_\w+)`", text)
    assert len(named) > 90
    for file, test in named:
        path = ROOT / file if file.startswith(("tests/", "protocols/")) else ROOT / "tests" / "unit" / file
        assert f"def {test}(" in path.read_text(), f"{file}::{test}"
