"""The textbook page stays one: four files that can be projected as they stand, and no word of the lab but its two."""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]
PAGE = [HERE / name for name in ("messages.py", "aggregate.py", "account.py", "projection.py")]
OUTSIDE = ("points", "recovery", "desk", "snapshots", "protocol", "audit", "words")
WORDS = {
    "distviz.trace.bus.on",
    "distviz.trace.steps.step",
    "distviz.trace.sending.send",
    *(f"distviz.trace.outcomes.{name}" for name in ("Outcome", "succeeded", "declined", "compensated", "failed")),
}


def imported(file: Path) -> set[str]:
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    return {f"{node.module}.{alias.name}" for node in nodes for alias in node.names}


def test_its_length() -> None:
    assert sum(len(file.read_text().splitlines()) for file in PAGE) <= 300


@pytest.mark.parametrize("file", PAGE, ids=lambda file: file.name)
def test_what_it_knows_of_the_lab(file: Path) -> None:
    lab = {name for name in imported(file) if name.startswith("distviz.trace.")}
    assert lab <= WORDS


@pytest.mark.parametrize("file", PAGE, ids=lambda file: file.name)
def test_what_stands_outside_is_never_imported(file: Path) -> None:
    outside = tuple(f"protocols.event_sourcing.{name}" for name in OUTSIDE)
    assert not [name for name in imported(file) if name.startswith(outside)]
