"""What no database can keep is refused before anybody looks at it, and its field is named."""

import json

import pytest
from django.db import DataError
from django.test import Client, RequestFactory

from distviz.dashboard.plain import PlainRequests
from distviz.web import plain

ODD = ("a\x00b", "\x00", "half \ud800")


def test_text_that_can_be_kept() -> None:
    assert plain.keepable("ключ \u2028 🙂\n")
    assert not any(plain.keepable(text) for text in ODD)


@pytest.mark.parametrize(
    ("method", "path", "extra", "field"),
    [
        ("GET", "/runs/?account=%00", {}, "account"),
        ("GET", "/events/?a%00b=1", {}, r"a\x00b"),
        ("POST", "/lab/saga/", {"data": "account=alice&amount=%00"}, "amount"),
        ("POST", "/attention/runs/00000000-0000-0000-0000-000000000000/release/", {"data": "reason=%00"}, "reason"),
        ("GET", "/runs/", {"headers": {"Cookie": r'sessionid="\000"'}}, "sessionid"),
    ],
)
def test_nul_is_refused_and_the_field_is_named(method: str, path: str, extra: dict, field: str) -> None:
    data = extra.pop("data", "")
    answer = Client().generic(method, path, data, content_type="application/x-www-form-urlencoded", **extra)
    assert answer.status_code == 400
    assert f"<p>{field}: " in answer.content.decode()


def test_nul_in_a_form_with_parts() -> None:
    body = '--b\r\nContent-Disposition: form-data; name="note"\r\n\r\na\x00b\r\n--b--\r\n'
    answer = Client().generic("POST", "/lab/saga/", body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 400
    assert "<p>note: " in answer.content.decode()


def test_no_prefix_that_a_client_names_walks_around_it() -> None:
    for prefix in ("/api", "/api/"):
        kind = "application/x-www-form-urlencoded"
        answer = Client(SCRIPT_NAME=prefix).generic("POST", "/lab/saga/", "amount=%00", content_type=kind)
        assert answer.status_code == 400
        assert "<p>amount: " in answer.content.decode()


def test_nul_in_an_address_is_no_address() -> None:
    assert Client().get("/lab/%00/").status_code == 404
    answer = Client().get("/api/accounts/saga/%00")
    assert answer.status_code == 404
    assert answer.json()["code"] == "no_such_address"


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "rot13", "base64", "klingon", "idna"])
@pytest.mark.parametrize("path", ["/lab/saga/", "/import/", "/api/runs", "/admin/login/"])
def test_no_charset_but_utf8(path: str, charset: str) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b"):
        answer = Client().generic("POST", path, "a=1", content_type=f"{kind}; charset={charset}")
        assert answer.status_code == 415


def test_a_script_is_told_in_a_sentence() -> None:
    answer = Client().get("/runs/?note=%00", headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 400
    assert answer.content.decode() == "note: A text in it has an invalid character."


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--b--"),
        ("application/x-www-form-urlencoded", b"a=1&" * 2000),
    ],
)
def test_a_form_that_cannot_be_read(kind: str, body: bytes) -> None:
    assert Client().generic("POST", "/lab/saga/", body, content_type=kind).status_code == 400


def test_a_form_that_is_too_large() -> None:
    kind = "application/x-www-form-urlencoded"
    assert Client().generic("POST", "/lab/saga/", b"a=" + b"x" * 70_000, content_type=kind).status_code == 413


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"note": ...}, "note"),
        ({"faults": [{"at": "payment.in_tx", "do": "crash"}, {"at": ...}]}, "faults[1].at"),
        ([...], "[0]"),
        (..., "body"),
    ],
)
def test_in_json_the_way_to_it_is_named(body: object, field: str, odd: str) -> None:
    text = json.dumps(body, default=lambda _dots: odd)
    answer = Client().post("/api/runs", text, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["field"] == field


def test_the_query_of_the_api() -> None:
    answer = Client().get("/api/runs?status=%00")
    assert answer.status_code == 422
    assert answer.json()["field"] == "status"


def test_a_value_that_got_past_every_check_is_no_mistake_of_the_page() -> None:
    answer = PlainRequests(lambda request: None).process_exception(RequestFactory().get("/"), DataError("out of range"))
    assert answer.status_code == 422
    assert PlainRequests(lambda request: None).process_exception(RequestFactory().get("/"), KeyError()) is None
