"""Every protocol is a lesson of the same shape."""

from pathlib import Path

import pytest

from distviz.story.shapes import LANES
from distviz.trace import handlers
from distviz.trace.messages import TYPES, Message
from protocols.registry import PROTOCOLS

FOLDERS = Path(__file__).resolve().parents[2] / "protocols"


@pytest.mark.parametrize("key", PROTOCOLS)
def test_a_lesson_is_whole(key: str) -> None:
    protocol = PROTOCOLS[key]
    assert protocol.key == key
    for text in (protocol.title, protocol.one_line, protocol.promises, protocol.finished_when, protocol.use_case):
        assert str(text).strip()
    assert protocol.pros
    assert protocol.cons
    assert 1 <= protocol.complexity <= 3
    assert {step.lane for step in protocol.steps} <= LANES.keys()
    assert protocol.request in handlers.ROUTES
    for names in (("__init__.py",), ("apps.py",), ("events.py", "messages.py"), ("protocol.py",)):
        assert any((FOLDERS / key / name).exists() for name in names)


def test_each_protocol_has_its_number() -> None:
    numbers = [protocol.number for protocol in PROTOCOLS.values()]
    assert numbers == sorted(set(numbers))


# A class of which others are made is no message itself.
MESSAGES = [kind for kind in TYPES.values() if kind.protocol and not kind.__subclasses__()]


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.wire_type())
def test_every_message_has_a_listener(kind: type[Message]) -> None:
    listening = handlers.ROUTES.get(kind, [])
    assert listening
    assert len({handler.name for handler in listening}) == len(listening)
