"""A file can be read at once, and a test can be moved without another."""

import ast
import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PRODUCT = [file for folder in ("distviz", "protocols") for file in (ROOT / folder).rglob("*.py")]
TESTS = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "protocols").glob("*/tests/**/*.py")]


def imported(file: Path) -> set[str]:
    """The modules that a file imports, and what it takes from them, as `module.name`."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = [(node.module, alias.name) for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names]
    return whole | {f"{module}.{name}" for module, name in parts}


def test_no_module_is_longer_than_250_lines() -> None:
    assert len(PRODUCT) > 250
    assert [file.name for file in PRODUCT if len(file.read_text().splitlines()) > 250] == []


def test_what_tests_share_is_in_no_test_module() -> None:
    assert len(TESTS) > 130
    asked = {(file.name, name) for file in TESTS for name in imported(file)}
    of_tests = re.compile(r"(^|\.)(test_\w*|conftest)(\.|$)")
    assert sorted((file, name) for file, name in asked if of_tests.search(name)) == []
