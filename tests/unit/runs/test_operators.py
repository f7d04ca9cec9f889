"""Who did what, and what came of it: recorded also when it was refused."""

import uuid
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from distviz.api import runs as routes
from distviz.errors import NotFound, NotNow
from distviz.runs import operators

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
        did.outcome = "run 10"
    (row,) = kept
    assert row == {
        "actor": "alice",
        "what": "fork",
        "run_id": RUN,
        "target": "",
        "reason": "to see",
        "outcome": "run 10",
    }


def test_a_refusal_is_kept_and_goes_on_to_the_caller(kept):
    with pytest.raises(NotNow), operators.recording("alice", "retry", run=RUN):
        raise NotNow("This run is over.")
    assert [row["outcome"] for row in kept] == ["refused: This run is over."]


def test_what_does_not_exist_leaves_no_trace(kept):
    with pytest.raises(NotFound), operators.recording("alice", "retry", run="nonsense"):
        raise NotFound
    assert kept == []


def test_long_texts_are_cut_rather_than_refused(kept):
    operators.record("a" * 300, "w" * 90, target="t" * 300, reason="r" * 900, outcome="o" * 900)
    assert {name: len(text) for name, text in kept[0].items() if text} == {
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
