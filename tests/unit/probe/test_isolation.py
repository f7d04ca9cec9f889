"""What a run has not committed, and what another session's answers mean."""

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from distviz.probe import isolation, uncommitted
from distviz.probe.isolation import HALF_DONE, INTERMEDIATE, READ_SKEW, observations
from distviz.probe.locks import Contender, RowLock
from distviz.probe.reads import Read

RUN: Any = SimpleNamespace(
    pk=uuid.UUID(int=1), protocol="saga", account="alice", amount=Decimal("100.00"), finished_at=None
)
ROW = {"store": "account", "row": "accounts/alice", "before": {"balance": "1000.00"}, "after": {"balance": "900.00"}}


@dataclass
class Fact:
    kind: str
    phase: str
    name: str = "deduct"
    lane: str = "account"
    data: dict[str, Any] = field(default_factory=dict)


BEGIN = Fact("step", "begin")
HELD = Fact("hold", "held", "account.in_tx", data={"rows": [ROW]})
PREPARED = Fact("step", "prepared", data={"pending": [ROW]})


def open_rows(*facts: Fact, held: bool = True) -> list[dict[str, Any]]:
    return [row.after for row in uncommitted.rows(facts, held=held)]


@pytest.mark.parametrize("begun", [[BEGIN, HELD], [BEGIN, PREPARED]])
@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_open_until_it_is_committed_or_rolled_back(begun, end):
    assert open_rows(*begun) == [{"balance": "900.00"}]
    assert open_rows(*begun, Fact("hold", "released")) == [{"balance": "900.00"}]
    assert open_rows(*begun, Fact("step", end)) == []


def test_a_kill_rolls_back_what_was_open_and_not_what_was_prepared():
    crash = Fact("fault", "fired", "crash")
    assert open_rows(BEGIN, HELD, crash) == []
    assert open_rows(BEGIN, PREPARED, crash, Fact("step", "begin", "commit_account")) == [{"balance": "900.00"}]
    assert open_rows(BEGIN, HELD, held=False) == []  # killed from outside: the log does not know
    assert open_rows(BEGIN, PREPARED, held=False) == [{"balance": "900.00"}]


def test_another_lane_changes_nothing():
    assert open_rows(BEGIN, HELD, Fact("step", "commit", lane="payment")) == [{"balance": "900.00"}]


def test_a_question_about_a_table_is_about_its_rows():
    (row,) = uncommitted.rows([BEGIN, HELD], held=True)
    assert row.is_of("accounts/alice")
    assert row.is_of("accounts")
    assert not row.is_of("accounts/bob")
    assert not row.is_of("account")


@dataclass
class Answer:
    read: Read
    rows: list[dict[str, Any]] = field(default_factory=list)
    lock: RowLock | None = None
    uncommitted: dict[str, Any] | None = None
    error: str = ""


def answer(means: str, *rows: dict[str, Any], **other: Any) -> Answer:
    return Answer(Read(means, None, "account", f"{means}/alice", "", lock=("accounts", "true")), list(rows), **other)


DEDUCTED, REFUNDED, PAID = {"kind": "deduct"}, {"kind": "refund"}, {"status": "COMPLETED"}


def codes(*answers: Answer, halves: str = INTERMEDIATE) -> list[str]:
    return [observation.code for observation in observations(RUN, answers, halves)]


@pytest.mark.parametrize("halves", [READ_SKEW, HALF_DONE, INTERMEDIATE])
def test_one_half_is_named_as_the_protocol_has_it(halves):
    assert codes(answer("taken", DEDUCTED), answer("paid"), halves=halves) == [halves]
    assert codes(answer("taken"), answer("paid", PAID), halves=halves) == [halves]
    assert codes(answer("taken", DEDUCTED), answer("paid", PAID), halves=halves) == ["whole"]
    assert codes(answer("taken", DEDUCTED, REFUNDED), answer("paid"), halves=halves) == []
    assert codes(answer("taken"), answer("paid"), halves=halves) == []
    assert codes(answer("taken paid", DEDUCTED | PAID), halves=halves) == ["whole"]


def test_both_numbers_are_said_where_nothing_dirty_is_read():
    found = observations(
        RUN, [answer("balance", {"balance": "1000.00"}, uncommitted={"balance": "900.00"})], INTERMEDIATE
    )
    assert [observation.code for observation in found] == ["no_dirty_read"]
    assert "uncommitted 900.00; another session still reads 1,000.00" in found[0].detail


def test_a_row_that_is_not_there_yet_is_said_to_be_missing():
    found = observations(RUN, [answer("paid", uncommitted={"status": "COMPLETED"})], INTERMEDIATE)
    assert "uncommitted COMPLETED; another session still reads no such row" in found[0].detail


def test_a_held_row_names_its_holder():
    who = Contender(backend=None, since=None, gid="dv:1:account")
    (found,) = observations(RUN, [answer("balance", lock=RowLock(False, "55P03", who, (who,)))], INTERMEDIATE)
    assert found.code == "row_locked"
    assert "dv:1:account" in found.detail
    assert "1 waiting" in found.detail
    assert codes(answer("balance", lock=RowLock(free=True))) == []
    assert "process 7 of Account (session 9)" in isolation.says_who(Contender(9, None, "account", 7))


def test_a_read_model_behind_its_events_is_stale():
    fold, view = answer("balance", {"balance": "900.00"}), answer("view", {"balance": "1000.00"})
    assert codes(fold, view) == ["stale_read"]
    assert codes(fold, answer("view", {"balance": "900.00"})) == []


def test_a_silent_database_is_not_judged():
    assert codes(answer("taken", DEDUCTED), answer("paid", error="connection refused")) == ["no_answer"]


def test_a_stream_has_a_version_instead_of_a_lock():
    stream = Answer(Read("balance", None, "events", "account:alice", ""), [{"balance": "900.00", "version": 4}])
    (found,) = observations(RUN, [stream], INTERMEDIATE)
    assert found.code == "optimistic"
    assert "version 4" in found.detail
