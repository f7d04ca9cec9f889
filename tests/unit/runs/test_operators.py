"""Who did what, and what came of it: recorded also when it was refused."""

import uuid
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.test import RequestFactory

from distviz.api import runs as routes
from distviz.codes import Reason
from distviz.errors import BadRequest, NotFound, NotNow
from distviz.runs import operators
from distviz.story.words.sentences import say
from distviz.trace.models import OperatorAction

RUN = uuid.UUID(int=9)


class Table:
    """As much of the table as is needed: the rows that would have been written."""

    def __init__(self):
        self.rows = []

    def create(self, **row):
        self.rows.append(row)
        return SimpleNamespace(pk=len(self.rows), codes=row["codes"])

    def filter(self, pk):
        return SimpleNamespace(update=lambda **result: self.rows[pk - 1].update(result))


@pytest.fixture
def table(monkeypatch):
    made = Table()
    monkeypatch.setattr(operators, "OperatorAction", SimpleNamespace(objects=made))
    monkeypatch.setattr(operators.lookup, "get", lambda run: SimpleNamespace(pk=run))
    return made


@pytest.fixture
def kept(table):
    return table.rows


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


def test_a_run_that_does_not_exist_leaves_no_trace(kept, monkeypatch):
    def not_found(run):
        raise NotFound("no_such_run")

    monkeypatch.setattr(operators.lookup, "get", not_found)
    with pytest.raises(NotFound), operators.recording("alice", "retry", run="nonsense"):
        pytest.fail("nothing is done")
    assert kept == []


def test_it_is_on_record_before_it_is_done(kept):
    with operators.recording("alice", "retry", run=RUN):
        assert [row["outcome"] for row in kept] == ["begun; the result is not known"]
    assert [row["outcome"] for row in kept] == ["done"]


def test_what_cannot_be_written_down_is_not_done(table, monkeypatch):
    def silent(**row):
        raise OperationalError

    monkeypatch.setattr(table, "create", silent)
    with pytest.raises(OperationalError), operators.recording("alice", "release", run=RUN):
        pytest.fail("it is done without a record")


def test_what_broke_off_says_so(kept):
    with pytest.raises(KeyError), operators.recording("alice", "retry", run=RUN):
        raise KeyError("x")
    assert [row["outcome"] for row in kept] == ["not finished: KeyError"]


@pytest.mark.parametrize("reason", ["a\x00b", "two\nlines", "half \ud800", "r" * 501])
def test_a_reason_that_cannot_be_kept_is_refused_before_anything(kept, reason):
    with pytest.raises(BadRequest) as refusal, operators.recording("alice", "release", run=RUN, reason=reason):
        pytest.fail("it is done without its reason")
    assert refusal.value.field == "reason"
    assert kept == []


def test_long_texts_are_cut_rather_than_refused(kept):
    long = Reason.prose("t" * 900)
    operators.end(operators.begin("a" * 300, "w" * 90, target=long, reason="r" * 500), long)
    assert {name: len(text) for name, text in kept[0].items() if isinstance(text, str)} == {
        "actor": 150, "what": 40, "target": 200, "reason": 500, "outcome": 500,
    }  # fmt: skip


def test_an_actor_is_always_named():
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
