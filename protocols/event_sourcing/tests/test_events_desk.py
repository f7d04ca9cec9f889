"""What the desk of the event store may be asked, without a database."""

from datetime import UTC, datetime

import pytest

from distviz.errors import BadRequest
from protocols.event_sourcing.desk import desk, overview
from protocols.registry import PROTOCOLS


def test_a_version_is_a_whole_number() -> None:
    assert overview._version(" 7 ") == 7
    assert overview._version("0") == 0
    assert overview._version("") is None
    for text in ("-1", "1e3", "seven", "１２", "9" * 10):
        with pytest.raises(BadRequest) as refused:
            overview._version(text)
        assert refused.value.field == "version"


def test_a_time_is_utc_unless_it_says_otherwise() -> None:
    assert overview._time("2030-01-31T12:00") == datetime(2030, 1, 31, 12, tzinfo=UTC)
    assert overview._time("2030-01-31T12:00:00.5") == datetime(2030, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC)
    assert overview._time("2030-01-31T12:00:00+02:00") == datetime(2030, 1, 31, 10, tzinfo=UTC)
    assert overview._time("") is None
    for text in ("yesterday", "2030-02-31T12:00:00", "12:00"):
        with pytest.raises(BadRequest) as refused:
            overview._time(text)
        assert refused.value.field == "at"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "how"),
        ({"how": "drop"}, "how"),
        ({"how": "update", "account": "alice"}, "version"),
        ({"how": "update", "account": "alice", "version": "x"}, "version"),
        ({"how": "delete", "account": "a\x00", "version": "1"}, "version"),
    ],
)
def test_a_rewrite_has_to_name_its_event(form: dict[str, str], field: str) -> None:
    with pytest.raises(BadRequest) as refused:
        desk.rewrite(form)
    assert refused.value.field == field


def test_two_protocols_have_a_desk() -> None:
    assert {key: protocol.desk.page for key, protocol in PROTOCOLS.items() if protocol.desk} == {
        "event_sourcing": "events",
        "outbox": "outbox",
    }
