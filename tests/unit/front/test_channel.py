"""What a request may not bring along to the web server."""

from typing import Any

import pytest
from daphne.http_protocol import WebRequest
from twisted.web.http_headers import Headers

from distviz.front.channel import Request


@pytest.mark.parametrize("name", [b"Daphne-Root-Path", b"daphne-root-path"])
def test_nobody_says_beneath_which_prefix_the_lab_stands(monkeypatch: pytest.MonkeyPatch, name: bytes) -> None:
    """Before anything else reads the headers: a socket's are handed on as they are."""
    seen: list[Any] = []
    monkeypatch.setattr(WebRequest, "process", lambda self: seen.append(self.requestHeaders.hasHeader(name)))
    request = Request.__new__(Request)
    request.requestHeaders = Headers({name: [b"/api"], b"Accept": [b"*/*"]})
    request.channel = None
    request.process()
    assert seen == [False]
    assert request.requestHeaders.hasHeader(b"Accept")
