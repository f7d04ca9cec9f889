"""What every call passes first: from where it comes, how big it is, and that it is JSON."""

import json
from io import BytesIO

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from distviz.api.guard import BODY_LIMIT, guarded
from distviz.web.origin import same_origin

JSON = {"content_type": "application/json"}


@guarded
def view(request):
    return HttpResponse("reached")


def post(body=b"{}", **extra):
    return view(RequestFactory().post("/api/runs", data=body, **{**JSON, **extra}))


def test_json_passes():
    assert post().content == b"reached"
    assert post(content_type="application/json; charset=utf-8").content == b"reached"


def test_no_body_and_no_type_passes():
    assert view(RequestFactory().generic("POST", "/api/runs/x/release")).content == b"reached"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"]
)
def test_anything_else_is_415(kind):
    assert post(b"a=1", content_type=kind).status_code == 415
    assert post(b"", content_type=kind, CONTENT_TYPE=kind).status_code == 415  # an empty form


def test_too_big_is_413_with_and_without_a_length():
    assert post(b" " * (BODY_LIMIT + 1)).status_code == 413
    request = RequestFactory().post("/api/runs", data=b"", **JSON)
    request.META.pop("CONTENT_LENGTH", None)
    request._stream = BytesIO(b"[" + b" " * BODY_LIMIT + b"]")  # in chunks: what comes is all there is to go by
    assert view(request).status_code == 413


def test_unreadable_is_400_in_words():
    answer = post(b'{"a": NaN}')
    assert answer.status_code == 400
    assert "NaN" in json.loads(answer.content)["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_ORIGIN": "http://evil.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_ORIGIN": "http://testserver:81"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
    ],
)
def test_another_site_is_403(headers):
    assert post(**headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"HTTP_ORIGIN": "http://testserver"}, {"HTTP_SEC_FETCH_SITE": "same-origin"}, {"HTTP_SEC_FETCH_SITE": "none"}],
)
def test_this_site_passes(headers):
    assert post(**headers).content == b"reached"


def test_reading_is_not_guarded():
    request = RequestFactory().get("/api/runs", HTTP_ORIGIN="http://evil.example")
    assert view(request).content == b"reached"


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("HTTP://LocalHost:8000", "localhost:8000", True),
        ("http://localhost", "localhost", True),
        ("http://localhost", "localhost:80", True),
        ("https://lab.example", "lab.example", True),
        ("https://lab.example", "lab.example:443", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://[::1]", "[::1]", True),
        ("http://localhost:8001", "localhost:8000", False),
        ("http://localhost:8000", "127.0.0.1:8000", False),
        ("http://localhost.evil.example:8000", "localhost:8000", False),
        ("http://localhost:8000@evil.example", "localhost:8000", False),
        ("http://localhost:8000/path", "localhost:8000", False),
        ("http://localhost:99999", "localhost:8000", False),
        ("http://localhost:8000x", "localhost:8000", False),
        ("http://", "localhost", False),
        ("null", "localhost", False),
        ("", "localhost", False),
        ("file://localhost", "localhost", False),
        ("http://[::1", "[::1]", False),
    ],
)
def test_same_origin(origin, host, same):
    assert same_origin(origin, host) is same
