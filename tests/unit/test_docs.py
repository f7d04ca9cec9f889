"""The documents point at what exists."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DOCS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
ANCHOR = re.compile(r"[^\w\s-]")


def anchor(heading: str) -> str:
    """As repository hosts make it: `## A, "b" c` → `a-b-c`."""
    return ANCHOR.sub("", heading.lower()).strip().replace(" ", "-")


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


def test_the_decisions_have_a_table_of_contents() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text()
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    listed = re.findall(r"^- \[(.+)\]\(#(.+)\)$", text, re.MULTILINE)
    assert sorted(listed) == sorted((heading, anchor(heading)) for heading in headings if heading != "Contents")
