"""The textbook page stays one: four files that can be projected as they stand, and no word of the lab but its two."""

import ast
from pathlib import Path

from django.conf import settings

FOLDER = Path(settings.BASE_DIR) / "protocols" / "outbox"
PAGE = [FOLDER / f"{name}.py" for name in ("messages", "account", "outbox", "consumers")]
LAB = {"on", "step", "send", "Outcome", "succeeded", "declined", "compensated", "failed"}


def imported(file: Path) -> set[tuple[str, str]]:
    """{(module, name)}"""
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    return {(node.module or "", alias.name) for node in nodes for alias in node.names}


def test_it_fits_on_a_few_screens() -> None:
    assert sum(len(file.read_text().splitlines()) for file in PAGE) <= 300


def test_of_the_lab_it_knows_two_words_and_how_a_withdrawal_ends() -> None:
    names = {name for file in PAGE for module, name in imported(file) if module.startswith("distviz.trace")}
    assert names <= LAB


def test_it_imports_nothing_of_its_own_folder_but_itself() -> None:
    """Recovery, the desk and what the lab hangs on the page import it, and never the other way round."""
    found = {f"{module}.{name}" for file in PAGE for module, name in imported(file)}
    own = {path.split(".")[2] for path in found if path.startswith("protocols.outbox.")}
    assert own == {"messages", "outbox"}


def test_claim_publish_and_mark_stand_together() -> None:
    tree = ast.parse((FOLDER / "outbox.py").read_text())
    relay = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "relay")
    source = ast.unparse(relay)
    order = [source.index(word) for word in ("place.run(claim", "send(", "place.run(MARK", "put_back(")]
    assert order == sorted(order)
