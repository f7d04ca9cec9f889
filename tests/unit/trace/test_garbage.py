"""What no broker of ours would send: named, never believed."""

import base64
import json
from typing import Any

import pytest

from distviz.trace import signing
from distviz.trace.garbage import unreadable


def envelope(content: bytes = b"[[], {}, {}]", **changes: Any) -> dict[str, Any]:
    body = signing.signed(content.decode("latin-1"), signing._key()).encode("latin-1")
    properties = {"delivery_tag": "1", "delivery_info": {"routing_key": "payment"}, "body_encoding": "base64"}
    found: dict[str, Any] = {"body": base64.b64encode(body).decode(), "headers": {}, "properties": properties}
    return {**found, "content-type": signing.CONTENT_TYPE, **changes}


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
        (envelope(**{"content-type": "application/x-python-serialize"}), "not sent by this lab"),
        (envelope(**{"content-type": "application/json"}), "not sent by this lab"),
        ({**envelope(), "body": base64.b64encode(b"[[], {}, {}]").decode()}, "not sent by this lab"),
        ({**envelope(), "body": base64.b64encode(b"\xff\xfe").decode()}, "not sent by this lab"),
        (envelope(b"{"), "no JSON"),
        ({**envelope(), "body": "no base64!"}, "not sent by this lab"),
    ],
)
def test_garbage_is_told_apart(message: Any, why: str) -> None:
    assert why in unreadable(message)
