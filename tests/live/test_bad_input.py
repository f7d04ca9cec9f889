"""Bad input gets a 4xx that names the field, and no run is made."""

from collections.abc import Callable

import pytest

from tests.support.stack import Stack

GOOD = {"protocol": "saga", "account": "alice", "amount": "100.00"}
BAD: list[tuple[str, object]] = [
    *[("amount", value) for value in ("0", "-1", "-0", "", None, True, [], {}, 100, 1.5, "NaN", "Infinity", "1e3")],
    *[("amount", value) for value in ("1_000", "+5", " 5 ", "5.", "１２", "٣.٥", "0.001", "1.005", "9" * 30, "1" * 10)],
    *[("protocol", value) for value in ("", "nope", None, 3, ["saga"], "saga; DROP TABLE runs")],
    *[("account", value) for value in ("", "nobody", None, 7, {"$gt": ""}, "alice\x00", "a" * 300, "../alice")],
    *[("note", value) for value in ("x" * 201, "a\x00b", "two\nlines", 5)],
    ("mode", "fast"),
    *[("status", "succeeded"), ("balance", "1"), ("lost", 0)],
    ("faults", "crash"),
    ("faults", [{"at": "nowhere", "do": "crash"}]),
    ("faults", [{"at": "payment.in_tx", "do": "explode"}]),
    ("faults", [{"at": "payment.in_tx", "do": "crash", "times": 0}]),
    ("faults", [{"at": "payment.in_tx", "do": "crash", "times": 1e9}]),
    ("faults", [{"at": "payment.in_tx", "do": "delay", "ms": 30_001}]),
    ("faults", [{"at": "payment.in_tx", "do": "crash", "pid": 1}]),
    ("faults", [{"at": "payment.after_commit", "do": "decline"}]),
]


@pytest.mark.parametrize(("field", "value"), BAD, ids=[f"{f}={str(v)[:30]!a}" for f, v in BAD])
def test_a_bad_field_is_named(stack: Stack, field: str, value: object) -> None:
    before = count(stack)
    answer = stack.client.post("/api/runs", json={**GOOD, field: value})
    assert answer.status_code == 422, answer.text
    assert any(problem["field"].startswith(field) for problem in answer.json()["detail"]), answer.text
    assert count(stack) == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"saga"',
        b'{"amount": NaN}',
        b"\xff\xfe",
        b"[" * 20_000,
        b'{"protocol":"saga","account":"alice","amount":"1.00","note":"\\ud800"}',
        b'{"protocol":"saga","account":"alice","amount":1e309}',
    ],
)
def test_a_body_that_is_no_request(stack: Stack, body: bytes) -> None:
    before = count(stack)
    answer = stack.client.post("/api/runs", content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text
    assert count(stack) == before


def test_only_json_and_only_from_here(stack: Stack) -> None:
    post = stack.client.post
    assert post("/api/runs", content="protocol=saga", headers={"content-type": "text/plain"}).status_code == 415
    assert post("/api/runs", data=GOOD).status_code == 415
    assert post("/api/runs", json=GOOD, headers={"Origin": "http://evil.example"}).status_code == 403
    assert post("/api/runs", json={**GOOD, "note": "x" * 70_000}).status_code in (413, 422)


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ"])
def test_a_bad_idempotency_key(stack: Stack, key: str) -> None:
    answer = stack.client.post("/api/runs", json=GOOD, headers=[("Idempotency-Key", key.encode())])  # type: ignore[list-item]
    assert answer.status_code == 400


@pytest.mark.parametrize("run_id", ["1", "1 OR 1", "../", "00000000-0000-0000-0000-000000000000", "9" * 60])
def test_a_run_that_does_not_exist(stack: Stack, run_id: str) -> None:
    assert stack.client.get(f"/api/runs/{run_id}").status_code == 404
    assert stack.client.get(f"/api/runs/{run_id}/events").status_code == 404
    assert stack.client.post(f"/api/runs/{run_id}/release").status_code == 404


def test_text_is_shown_as_text(stack: Stack, account: Callable[[], str]) -> None:
    note = "<script>alert(1)</script> {{7*7}} %s ' -- \u202e"[:60].replace("\u202e", "")
    run_id = stack.withdraw("saga", account(), note=note)
    page = stack.client.get(f"/runs/{run_id}/")
    assert page.status_code == 200
    assert "<script>alert(1)" not in page.text


def count(stack: Stack) -> int:
    return int(stack.sql("default", "SELECT count(*) AS n FROM runs")[0]["n"])
