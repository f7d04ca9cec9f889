"""Style sheets and scripts under names that tell their content."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

from distviz import assets


@pytest.fixture(scope="module")
def collected() -> Iterator[Path]:
    """All of it, once, as at a real start; STATIC_ROOT is in the tests' own home."""
    assets.collect()
    yield Path(settings.STATIC_ROOT)
    shutil.rmtree(settings.STATIC_ROOT)
    staticfiles_storage.hashed_files.clear()


@pytest.mark.usefixtures("collected")
def test_they_are_compressed_and_kept_for_ever() -> None:
    address = staticfiles_storage.url("css/frame.css")
    assert re.fullmatch(r"/static/css/frame\.[0-9a-f]{12}\.css", address)
    answer = Client().get(address, headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert "immutable" in answer["Cache-Control"]
    again = Client().get(address, headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_they_are_collected_once(collected: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(assets, "call_command", lambda *args, **options: calls.append(args[0]))
    assets.collect()
    assert not calls
    (collected / ".collected").write_text("an older style sheet")
    assets.collect()
    assert calls == ["collectstatic"]


@pytest.mark.usefixtures("collected")
def test_what_was_not_collected_keeps_its_name() -> None:
    assert staticfiles_storage.url("admin/css/base.css") == "/static/admin/css/base.css"
    assert Client().get("/static/admin/css/base.css").status_code == 200


def test_every_style_sheet_can_be_reviewed_line_by_line() -> None:
    sheets = sorted((settings.BASE_DIR / "static" / "css").rglob("*.css"))
    long = [f"{sheet.name}:{n}" for sheet in sheets for n, line in enumerate(sheet.open(), 1) if len(line) > 160]
    assert len(sheets) > 40
    assert not long


@pytest.mark.usefixtures("collected")
def test_a_module_finds_what_it_imports_under_its_new_name() -> None:
    answer = Client().get(staticfiles_storage.url("js/every_page.js"))
    text = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
    imported = re.findall(r'import\s*"([^"]+)"', text)
    assert len(imported) > 3
    assert all(re.search(r"\.[0-9a-f]{12}\.js$", name) for name in imported)
