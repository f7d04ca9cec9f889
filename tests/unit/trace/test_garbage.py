"""What no broker of ours would send: named, never believed."""

import base64
import json
from typing import Any

import pytest

from distviz.trace.garbage import unreadable


def envelope(body: bytes = b"[[], {}, {}]", **changes: Any) -> dict[str, Any]:
    properties = {"delivery_tag": "1", "delivery_info": {"routing_key": "payment"}, "body_encoding": "base64"}
    found: dict[str, Any] = {"body": base64.b64encode(body).decode(), "headers": {}, "properties": properties}
    return {**found, "content-type": "application/json", **changes}


def test_what_celery_writes_is_readable() -> None:
    assert unreadable(envelope()) == ""
    assert unreadable(json.loads(json.dumps(envelope(b'{"method": "ping"}')))) == ""  # remote control


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("garbage", "not an envelope"),
        (None, "not an envelope"),
        ([], "not an envelope"),
        ({"properties": 7}, "not an envelope"),
        (envelope(properties={}), "delivery"),
        (envelope(properties={"delivery_tag": "1"}), "delivery"),
        (envelope(headers=None), "headers or body"),
        ({**envelope(), "body": None}, "headers or body"),
        (envelope(**{"content-type": "application/x-python-serialize"}), "not application/json"),
        (envelope(b"\xff\xfe"), "no JSON"),
        (envelope(b"{"), "no JSON"),
        ({**envelope(), "body": "no base64!"}, "no JSON"),
    ],
)
def test_garbage_is_told_apart(message: Any, why: str) -> None:
    assert why in unreadable(message)
