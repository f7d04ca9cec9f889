"""Who did what, and what came of it: recorded also when it was refused."""

import uuid
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from distviz.api import runs as routes
from distviz.codes import Reason
from distviz.errors import NotFound, NotNow
from distviz.runs import operators
from distviz.story.words.sentences import say
from distviz.trace.models import OperatorAction

RUN = uuid.UUID(int=9)


@pytest.fixture
def kept(monkeypatch):
    """The rows that would have been written."""
    rows = []
    table = SimpleNamespace(objects=SimpleNamespace(create=lambda **row: rows.append(row)))
    monkeypatch.setattr(operators, "OperatorAction", table)
    return rows


def test_an_action_is_kept_with_its_outcome(kept):
    with operators.recording("alice", "fork", run=RUN, reason="to see") as did:
        did.outcome = Reason.of("run_started", run=10)
    (row,) = kept
    assert row == {
        "actor": "alice",
        "what": "fork",
        "run_id": RUN,
        "target": "",
        "reason": "to see",
        "outcome": "run 10",
        "codes": {"target": None, "outcome": {"code": "run_started", "params": {"run": 10}}},
    }


def test_a_refusal_is_kept_and_goes_on_to_the_caller(kept):
    with pytest.raises(NotNow), operators.recording("alice", "retry", run=RUN):
        raise NotNow("nothing_held")
    assert [row["outcome"] for row in kept] == ["refused: No step of this run is held. Nothing was changed."]


def test_what_was_done_is_told_in_the_language_of_the_page(kept):
    target = Reason.of("targets", named=[Reason.of("target_service", service="payment"), Reason("target_in_doubt")])
    with pytest.raises(NotNow), operators.recording("alice", "stop", target=target):
        raise NotNow("nothing_held")
    (row,) = kept
    assert row["target"] == "service payment, in doubt"
    action = OperatorAction(**row)
    assert say(action.target_reason, "uk") == "сервіс payment, під сумнівом"
    assert say(action.outcome_reason, "uk").startswith("відмовлено: ")
    row["codes"] = None  # a row from before there were codes
    assert say(OperatorAction(**row).target_reason, "uk") == "service payment, in doubt"


def test_what_does_not_exist_leaves_no_trace(kept):
    with pytest.raises(NotFound), operators.recording("alice", "retry", run="nonsense"):
        raise NotFound
    assert kept == []


def test_long_texts_are_cut_rather_than_refused(kept):
    long = Reason.prose("t" * 900)
    operators.record("a" * 300, "w" * 90, target=long, reason="r" * 900, outcome=long)
    assert {name: len(text) for name, text in kept[0].items() if isinstance(text, str)} == {
        "actor": 150, "what": 40, "target": 200, "reason": 500, "outcome": 500,
    }  # fmt: skip


def test_somebody_is_always_named():
    request = RequestFactory().post("/")
    request.user = AnonymousUser()
    assert operators.actor(request) == "anonymous at 127.0.0.1"
    request.META["REMOTE_ADDR"] = ""
    assert operators.actor(request) == "anonymous at ?"
    request.user = SimpleNamespace(get_username=lambda: "operator")
    assert operators.actor(request) == "operator"


def test_the_api_records_who_retried(kept, monkeypatch):
    monkeypatch.setattr(routes.acting, "retry", lambda run_id: SimpleNamespace(pk=RUN))
    monkeypatch.setattr(routes.shapes, "run", lambda run: {"id": str(run.pk)})
    request = RequestFactory().post("/", REMOTE_ADDR="10.0.0.7")
    request.user = AnonymousUser()
    assert routes.retry(request, str(RUN)) == {"id": str(RUN)}
    assert [(row["actor"], row["what"], row["run_id"]) for row in kept] == [
        ("anonymous at 10.0.0.7", "retry", str(RUN))
    ]
