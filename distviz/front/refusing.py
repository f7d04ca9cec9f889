"""The answers of the door: short, and told in JSON where programs ask."""

import json

from distviz.codes import Reason

STATUS = {
    408: b"Request Timeout",
    413: b"Content Too Large",
    429: b"Too Many Requests",
    503: b"Service Unavailable",
}


def answer(status: int, reason: Reason, path: bytes) -> bytes:
    """A whole response; the connection ends with it."""
    from distviz.story.words.sentences import english  # Django is set up by then

    sentence = english(reason)
    if path.startswith(b"/api/"):
        kind, body = (
            b"application/json",
            json.dumps({"error": sentence, **reason.as_json(), "detail": sentence}).encode(),
        )
    else:
        kind, body = b"text/plain; charset=utf-8", sentence.encode()
    head = [
        b"HTTP/1.1 %d %s" % (status, STATUS[status]),
        b"Content-Type: " + kind,
        b"Content-Length: %d" % len(body),
        b"Connection: close",
        *([b"Retry-After: 5"] if status in (429, 503) else []),
    ]
    return b"\r\n".join(head) + b"\r\n\r\n" + body
