"""/healthz and /readyz: what is missing is said, what hangs is not waited for, and nothing secret is told."""

import threading
import time
from types import SimpleNamespace

import pytest
from django.test import Client

from distviz.health import questions, views

[LAG] = [backlog.sql for backlog in views.backlogs() if backlog.wrong]
HEARTBEATS = questions.heartbeats


@pytest.fixture(autouse=True)
def answers(monkeypatch):
    """All servers answer, unless a test says otherwise."""

    def row(alias, sql):
        return {questions.WAITING: (2, 7), LAG: (4, False), questions.WRITES: ("0/0", "off")}.get(sql, (1,))

    monkeypatch.setattr(questions, "row", row)
    for name in ("broker", "live", "mongo"):
        monkeypatch.setattr(questions, name, lambda: None)
    monkeypatch.setattr(questions, "heartbeats", lambda: dict.fromkeys(questions.ROLES, 0.5))
    monkeypatch.setattr(views, "_last", (float("-inf"), {}))
    return monkeypatch


def refuse():
    raise ConnectionError("password=secret host=10.0.0.1 does not answer")


def test_healthz_queries_no_server(answers):
    answers.setattr(questions, "row", lambda *_: refuse())
    assert Client().get("/healthz").json() == {"status": "ok"}


def test_everything_is_there():
    answer = Client().get("/readyz")
    found = answer.json()
    assert answer.status_code == 200
    assert found["ready"] is True
    assert set(found["databases"]) == {"default", "monolith", "events", "account", "payment"}
    assert set(found["roles"]) == {
        "worker:account", "worker:payment", "worker:notification", "worker:coordinator", "beat",
    }  # fmt: skip
    assert (found["dead_letters"], found["open_runs"]) == (2, 7)
    assert found["outbox"] == {"backlog": 2}
    assert found["projection"] == {"lag": 4, "ok": True}
    assert found["in_doubt"] == 5  # one in each database


@pytest.mark.parametrize("part", ["broker", "live", "mongo"])
def test_what_is_missing_is_503_and_no_secret_is_told(answers, part):
    answers.setattr(questions, part, refuse)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()[part]["ok"] is False
    assert b"secret" not in answer.content
    assert b"10.0.0.1" not in answer.content


def test_a_database_that_is_down_leaves_the_others_visible(answers):
    answers.setattr(questions, "row", lambda alias, sql: refuse() if alias == "payment" else (1, "off"))
    found = Client().get("/readyz").json()
    assert found["databases"]["payment"]["ok"] is False
    assert found["databases"]["account"]["ok"] is True
    assert found["in_doubt"] is None  # not known is not none


def test_read_models_ahead_of_their_store_are_said(answers):
    answers.setattr(questions, "row", lambda alias, sql: (0, True) if sql == LAG else (1, 1))
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["projection"]["ok"] is False
    assert answer.json()["projection"]["code"] == "read_models_ahead"


@pytest.mark.parametrize("ages", [{"beat": 0.1}, dict.fromkeys(questions.ROLES, 60.0), {}])
def test_a_role_that_is_silent_is_missed(answers, ages):
    answers.setattr(questions, "heartbeats", lambda: ages)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["roles"]["worker:payment"]["ok"] is False


def test_what_hangs_is_not_waited_for(answers):
    gate = threading.Event()
    answers.setattr(views, "ANSWER_WITHIN_S", 0.2)
    answers.setattr(questions, "mongo", lambda: gate.wait(10))
    began = time.monotonic()
    found = Client().get("/readyz").json()
    gate.set()
    assert time.monotonic() - began < 8
    assert found["mongo"] == {"ok": False, "error": "no answer in time", "code": "no_answer_in_time", "params": {}}
    assert found["databases"]["default"]["ok"] is True


def test_servers_are_asked_once_a_second(answers):
    asked = []
    answers.setattr(views, "KEPT_S", 600)  # instead of a second: this machine may be busy
    answers.setattr(questions, "mongo", lambda: asked.append(1))
    for _ in range(5):
        Client().get("/readyz")
    assert asked == [1]


def test_pages_get_a_fragment():
    answer = Client().get("/readyz", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert b"<html" not in answer.content


def test_a_database_that_takes_no_writes_is_not_ready(answers):
    usual = questions.row
    answers.setattr(
        questions,
        "row",
        lambda alias, sql: ("0/0", "on") if sql == questions.WRITES and alias == "events" else usual(alias, sql),
    )
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["databases"]["events"]["code"] == "takes_no_writes"
    assert answer.json()["databases"]["default"]["ok"] is True


@pytest.mark.parametrize(
    ("processes", "counts"),
    [
        ({"beat": {"pid": 5, "since": 990.0}}, True),
        ({"beat": {"pid": 6, "since": 999.0}}, False),  # another process said that
        ({"beat": {"pid": None, "since": 990.0}}, False),
        ({}, False),
    ],
)
def test_what_a_process_said_that_is_gone_does_not_count(monkeypatch, processes, counts):
    monkeypatch.setattr(questions, "time", SimpleNamespace(time=lambda: 1000.0))
    said_by(monkeypatch, {"beat": "998.0"})
    monkeypatch.setattr(questions.layout, "read_stack", lambda: {"processes": processes})
    assert HEARTBEATS() == {"beat": 2.0}  # no launcher: all that is said counts
    monkeypatch.setenv(questions.state.MARK, "/home")
    assert HEARTBEATS() == ({"beat": 2.0} if counts else {})


def test_a_worker_works_if_whoever_reads_each_of_its_queues_does(monkeypatch):
    monkeypatch.setattr(questions, "time", SimpleNamespace(time=lambda: 1000.0))
    said_by(monkeypatch, {"worker:account": "999.0", "worker:account.plain": "995.0", "worker:payment": "999.0"})
    assert HEARTBEATS() == {"worker:account": 5.0}


def said_by(monkeypatch, ages):
    def mget(keys):
        return [ages.get(key.removeprefix("dv:heartbeat:")) for key in keys]

    monkeypatch.setattr(questions, "_valkey", lambda url: SimpleNamespace(mget=mget))
