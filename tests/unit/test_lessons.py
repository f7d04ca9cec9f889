"""Every protocol is a lesson of the same shape."""

from pathlib import Path

import pytest

from distviz.trace import handlers
from protocols.catalogue import LANES
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
    for names in (("__init__.py",), ("apps.py",), ("events.py", "messages.py"), ("lesson.py", "protocol.py")):
        assert any((FOLDERS / key / name).exists() for name in names)


def test_each_protocol_has_its_number() -> None:
    numbers = [protocol.number for protocol in PROTOCOLS.values()]
    assert numbers == sorted(set(numbers))


def test_every_message_that_is_sent_has_a_listener() -> None:
    for kind, listening in handlers.ROUTES.items():
        assert listening, kind
        assert len({handler.name for handler in listening}) == len(listening)
