"""POST /api/runs without a database behind it: every bad field is named, and no bad input is a 500."""

import json
import random
import uuid
from types import SimpleNamespace

import pytest
from django.test import Client

from distviz.api import runs as routes
from distviz.errors import Conflict, TooMany
from distviz.runs import asking
from distviz.web import doorway, limits

GOOD = {"protocol": "saga", "account": "alice", "amount": "100.00"}


@pytest.fixture
def made(monkeypatch):
    """What was asked for; nothing is written or started."""
    calls = []

    def ask(wanted_runs, **how):
        ((wanted, key),) = wanted_runs
        calls.append({**vars(wanted), "key": key, **how})
        return [SimpleNamespace(pk=uuid.UUID(int=7), status="pending")]

    monkeypatch.setattr(asking, "ask_each", ask)
    monkeypatch.setattr(routes, "_asker", lambda request: doorway.Asker(str(uuid.uuid4()), "anonymous"))
    return calls


def post(body, **headers):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    client = Client(raise_request_exception=False)
    return client.post("/api/runs", data=body, content_type="application/json", headers=headers)


def fields(answer):
    return sorted(item["field"] for item in answer.json()["detail"])


def test_a_good_request_is_202_with_links(made):
    answer = post({**GOOD, "note": "rent", "faults": [{"at": "payment.in_tx", "do": "crash"}], "mode": "step"})
    assert answer.status_code == 202
    found = answer.json()
    assert found["id"] == str(uuid.UUID(int=7))
    assert found["status"] == "pending"
    assert found["links"]["events"] == f"/api/runs/{uuid.UUID(int=7)}/events"
    (call,) = made
    assert str(call["amount"]) == "100.00"
    assert (call["mode"], call["note"], call["key"], call["scope"]) == ("step", "rent", "", "anonymous")
    assert [(fault.at, fault.do, fault.times) for fault in call["faults"]] == [("payment.in_tx", "crash", 1)]


@pytest.mark.parametrize(
    "amount",
    [
        0, 100, 1.5, -1, True, None, [], {}, "", "0", "0.00", "-0", "-1", "+5", " 5 ", "5.", ".5", "0.001", "1.005",
        "1e3", "1_000", "1,000", "NaN", "Infinity", "1e309", "１２", "٣.٥", "9" * 30, "1" * 10, "100.00\n", "100\x00",
        "0.10000000000000001", "\ud800", "'; DROP TABLE runs", "1/2", "0x10", "$5",
    ],
)  # fmt: skip
def test_a_bad_amount_is_named(made, amount):
    answer = post({**GOOD, "amount": amount})
    assert answer.status_code == 422
    assert fields(answer) == ["amount"]
    assert made == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"protocol": "three_phase"}, "protocol"),
        ({"protocol": 3}, "protocol"),
        ({"protocol": None}, "protocol"),
        ({"protocol": ["saga"]}, "protocol"),
        ({"account": ""}, "account"),
        ({"account": 1}, "account"),
        ({"account": "a" * 41}, "account"),
        ({"account": "alice\x00"}, "account"),
        ({"account": {"$gt": ""}}, "account"),
        ({"account": "\udfff"}, "account"),
        ({"note": "x" * 201}, "note"),
        ({"note": "a\nb"}, "note"),
        ({"note": "\x00"}, "note"),
        ({"note": "\ud800"}, "note"),
        ({"note": "\u202e"}, "note"),
        ({"note": None}, "note"),
        ({"note": 5}, "note"),
        ({"mode": "fast"}, "mode"),
        ({"mode": None}, "mode"),
        ({"mode": {}}, "mode"),
        ({"faults": "crash"}, "faults"),
        ({"faults": None}, "faults"),
        ({"faults": [1]}, "faults[0]"),
        ({"faults": [{"at": "nowhere", "do": "crash"}]}, "faults[0].at"),
        ({"faults": [{"at": "payment.in_tx", "do": "explode"}]}, "faults[0].do"),
        ({"faults": [{"at": "payment.in_tx", "do": "crash", "times": 100}]}, "faults[0].times"),
        ({"faults": [{"at": "payment.in_tx", "do": "crash", "times": 0}]}, "faults[0].times"),
        ({"faults": [{"at": "payment.in_tx", "do": "crash", "times": 1e9}]}, "faults[0].times"),
        ({"faults": [{"at": "payment.in_tx", "do": "delay", "ms": 30_001}]}, "faults[0].ms"),
        ({"faults": [{"at": "payment.in_tx", "do": "delay", "ms": "10"}]}, "faults[0].ms"),
        ({"faults": [{"at": "payment.in_tx", "do": "crash", "pid": 1}]}, "faults[0].pid"),
        ({"faults": [{"at": "payment.in_tx", "do": "crash"}] * 21}, "faults"),
        ({"status": "succeeded"}, "status"),
        ({"balance": "1"}, "balance"),
        ({"user": 1}, "user"),
        ({"\u202e": 1}, "\\u202e"),
    ],
)
def test_every_bad_field_is_named(made, change, field):
    answer = post({**GOOD, **change})
    assert answer.status_code == 422, answer.content
    assert fields(answer) == [field]
    assert all(item["message"] for item in answer.json()["detail"])
    assert made == []


def test_all_bad_fields_at_once(made):
    answer = post({"amount": 1, "account": "", "faults": {}, "x": 1})
    assert fields(answer) == ["account", "amount", "faults", "protocol", "x"]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"1", b'"x"', b"true"])
def test_a_body_that_is_no_object(made, body):
    answer = post(body)
    assert answer.status_code == 422
    assert fields(answer)


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "clé", "tab\there"])
def test_a_key_that_is_none_is_400(made, key):
    answer = post(GOOD, **{"Idempotency-Key": key})
    assert answer.status_code == 400
    assert made == []


def test_a_key_goes_along(made):
    assert post(GOOD, **{"Idempotency-Key": "order-7"}).status_code == 202
    assert made[0]["key"] == "order-7"


def test_a_key_with_another_body_is_422(made, monkeypatch):
    def conflict(wanted, **_):
        raise Conflict("Idempotency-Key", "used")

    monkeypatch.setattr(asking, "ask_each", conflict)
    answer = post(GOOD, **{"Idempotency-Key": "order-7"})
    assert answer.status_code == 422
    assert fields(answer) == ["Idempotency-Key"]


def test_too_many_is_429_with_a_time_to_wait(made, monkeypatch):
    def busy(wanted, **_):
        raise TooMany(retry_after=2)

    monkeypatch.setattr(asking, "ask_each", busy)
    answer = post(GOOD)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")


def test_too_fast_is_429(made, monkeypatch, settings):
    settings.RUNS_PER_SECOND = 2
    monkeypatch.setattr(routes, "_asker", lambda request: doorway.Asker("one", "anonymous"))
    monkeypatch.setattr(limits, "_buckets", limits.Buckets())
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: 100.0))  # all three at the same moment
    answers = [post(GOOD) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[2].headers["Retry-After"]) >= 1


def test_a_mistake_of_ours_is_json_and_shows_nothing(made, monkeypatch):
    def broken(wanted, **_):
        raise RuntimeError("secret")

    monkeypatch.setattr(asking, "ask_each", broken)
    answer = post(GOOD)
    assert answer.status_code == 500
    assert b"secret" not in answer.content


def test_no_input_is_a_500(made):
    """Mutations of a good body, thrown at it from a fixed seed."""
    rng = random.Random(7)
    odd = [None, True, 0, -1, 1.5, 10**400, "", "\x00", "\ud800", "x" * 5000, [], {}, [[]], {"a": {"b": []}}]
    full = {**GOOD, "note": "n", "mode": "run", "faults": [{"at": "payment.in_tx", "do": "crash", "times": 1, "ms": 1}]}
    for _ in range(300):
        body = json.loads(json.dumps(full))
        target = rng.choice([body, body["faults"][0]])
        target[rng.choice([*target, "extra"])] = rng.choice(odd)
        raw = bytearray(json.dumps(body).encode())
        if rng.random() < 0.5:
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        answer = post(bytes(raw))
        assert answer.status_code in (202, 400, 413, 422), (answer.status_code, bytes(raw))
        answer.json()


@pytest.mark.parametrize("run", ["1", "1 OR 1", "..%2f", "%00", "x" * 300, "9" * 40, "%F0%9F%92%A9"])
@pytest.mark.parametrize("tail", ["", "/events"])
def test_what_is_no_id_is_404(run, tail):
    answer = Client().get(f"/api/runs/{run}{tail}")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "limit=1e99", "status=odd", "protocol=odd", "account=%00", "before=x"]
)
def test_a_bad_query_names_its_field(query):
    answer = Client().get(f"/api/runs?{query}")
    assert answer.status_code == 422
    assert fields(answer) == [query.split("=")[0]]


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=99999999999", "after=1.5", "limit=0"])
def test_a_bad_place_in_the_log(query):
    answer = Client().get(f"/api/runs/{uuid.UUID(int=7)}/events?{query}")
    assert answer.status_code == 422
    assert fields(answer) == [query.split("=")[0]]
