"""Every protocol has the same shape, is known from its folder alone, and nothing outside of it decides by its key."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from distviz.stack.relations import RELATIONS
from distviz.story.shapes import LANES
from distviz.trace import handlers
from distviz.trace.messages import TYPES, Message
from protocols.registry import PROTOCOLS

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ROOT / "protocols"

# A class of which others are made is no message itself.
MESSAGES = [kind for kind in TYPES.values() if kind.protocol and not kind.__subclasses__()]
_KEYS = "|".join(map(re.escape, PROTOCOLS))
_QUOTED = re.compile(rf"""["']({_KEYS})["']|[?&]protocol=({_KEYS})\b""")


@pytest.mark.parametrize("key", PROTOCOLS)
def test_a_protocol_is_whole(key: str) -> None:
    protocol = PROTOCOLS[key]
    assert protocol.key == key
    for text in (protocol.title, protocol.one_line, protocol.promises, protocol.finished_when, protocol.use_case):
        assert str(text).strip()
    assert str(protocol.short).strip()
    assert protocol.pros
    assert protocol.cons
    assert protocol.cells
    assert 1 <= protocol.complexity <= 3
    assert {step.lane for step in protocol.steps} <= LANES.keys()
    assert protocol.request in handlers.ROUTES
    assert protocol.request.__name__ == "WithdrawalRequested"
    assert (FOLDERS / key / "__init__.py").read_text().startswith('"""')


def test_a_protocol_s_number_is_its_place() -> None:
    assert [protocol.number for protocol in PROTOCOLS.values()] == list(range(1, len(PROTOCOLS) + 1))


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.wire_type())
def test_every_message_has_a_listener(kind: type[Message]) -> None:
    listening = handlers.ROUTES.get(kind, [])
    assert listening
    assert len({handler.name for handler in listening}) == len(listening)


def test_the_relations_that_the_contract_names_are_registered() -> None:
    promised = re.search(r"`relations: \{(.*?):", (ROOT / "docs" / "contract.md").read_text())
    assert promised
    assert set(promised[1].split(", ")) <= RELATIONS.keys()


def test_nothing_outside_of_a_protocol_decides_by_its_key() -> None:
    named = {(str(path.relative_to(ROOT)), key): line for path in _outside() for key, line in _named(path)}
    assert named == {}


def _outside() -> Iterator[Path]:
    """The platform's code, templates and scripts; migrations tell of the past."""
    code = [path for path in (ROOT / "distviz").rglob("*.py") if "migrations" not in path.parts]
    yield from [*code, *(ROOT / "templates").rglob("*.html"), *(ROOT / "static").rglob("*.js")]


def _named(path: Path) -> Iterator[tuple[str, str]]:
    """(key, line) wherever one stands as a text of its own: a value, or a quoted word within a statement."""
    text = path.read_text()
    if path.suffix != ".py":
        for line in text.splitlines():
            yield from ((found[1] or found[2], line.strip()) for found in _QUOTED.finditer(line))
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            quoted = [found[1] or found[2] for found in _QUOTED.finditer(node.value)]
            for key in [node.value] if node.value in PROTOCOLS else quoted:
                yield key, f"line {node.lineno}"
