"""A protocol's page is its handlers and what they import of their own folder. It can be projected as it stands: it is
short, knows two words of the lab, and nothing of what hangs on it."""

import ast
from pathlib import Path

import pytest

from distviz.trace import handlers
from protocols.registry import PROTOCOLS

FOLDERS = Path(__file__).resolve().parents[2] / "protocols"
LAB = {
    "distviz.trace.bus": {"on", "starts"},
    "distviz.trace.steps": {"step"},
    "distviz.trace.sending": {"send"},
    "distviz.trace.outcomes": {"Outcome", "succeeded", "declined", "failed", "compensated", "inconsistent"},
}
HANGS_ON_IT = {"recovery", "desk", "points", "shown", "words", "protocol", "audit", "models", "admin"}


def imported(file: Path) -> set[tuple[str, str]]:
    """{(module, name)}"""
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    return {(node.module or "", alias.name) for node in nodes for alias in node.names}


def page(key: str) -> set[Path]:
    """Where it reacts to its messages, and what that imports of its own folder."""
    own = f"protocols.{key}"
    listening = [handler for kind, every in handlers.ROUTES.items() if kind.protocol == key for handler in every]
    names = {name for name in (handler.react.__module__ for handler in listening) if f"{own}.recovery" not in name}
    found: set[Path] = set()
    while names:
        file = FOLDERS / Path(*names.pop().split(".")[1:]).with_suffix(".py")
        if file in found or not file.exists() or file.stem == "places":  # where its databases are
            continue
        found.add(file)
        for module, name in imported(file):
            if module == own or module.startswith(f"{own}."):
                names |= {module, f"{module}.{name}"} - {own}
    return found


@pytest.mark.parametrize("key", PROTOCOLS)
def test_a_page_is_short(key: str) -> None:
    files = page(key)
    assert 1 < len(files) <= 5  # the last one is its messages
    assert sum(len(file.read_text().splitlines()) for file in files) <= 300


@pytest.mark.parametrize("key", PROTOCOLS)
def test_a_page_knows_two_words_of_the_lab(key: str) -> None:
    for file in page(key):
        words = {(module, name) for module, name in imported(file) if module.startswith("distviz.trace")}
        assert words <= {(module, name) for module, known in LAB.items() for name in known}, file.name


@pytest.mark.parametrize("key", PROTOCOLS)
def test_what_hangs_on_a_page_is_not_imported_by_it(key: str) -> None:
    parts = {file.relative_to(FOLDERS / key).parts[0].removesuffix(".py") for file in page(key)}
    assert not parts & HANGS_ON_IT


def test_the_pages_are_found() -> None:
    assert {file.stem for file in page("monolith")} == {"withdraw", "bank", "events"}
    assert {file.stem for file in page("saga")} == {"account", "payment", "notification", "saga_log", "events"}
    assert {file.stem for file in page("dual_write")} == {"withdraw", "events"}
