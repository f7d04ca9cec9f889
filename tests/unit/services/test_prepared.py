"""The verbs: what counts as a yes, and whose transactions are ours."""

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connections
from django.test import override_settings

from distviz.errors import Transient
from distviz.services import prepared
from distviz.services.places import ACCOUNT, PAYMENT, Place
from distviz.trace import context
from distviz.trace.context import FaultRef
from distviz.trace.watching import WITHOUT

RUN = "c0ffee00-0000-4000-8000-000000000001"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Answers PREPARE with `tag`, and remembers what it was told."""
    fake = SimpleNamespace(statements=[], tag="PREPARE TRANSACTION")

    def verb(_place: object, sql: str) -> str:
        fake.statements.append(sql)
        return fake.tag if sql.startswith("PREPARE") else sql

    monkeypatch.setattr(Place, "verb", verb)
    monkeypatch.setattr(prepared, "unseen", lambda _place, *verbs: fake.statements.extend(verbs))
    monkeypatch.setattr(prepared, "_WHEN_FINISHED", [])
    monkeypatch.setattr(prepared, "_AT_THE_END", [])
    return fake


def test_names_tell_the_run_and_the_participant() -> None:
    assert prepared.gid(RUN, ACCOUNT) == f"dv:{RUN}:account"
    assert prepared.gid(RUN, PAYMENT) != prepared.gid(
        RUN, ACCOUNT
    )  # both may live on one server, where names are unique
    assert prepared.tx_of(prepared.gid(RUN, PAYMENT)) == RUN
    assert len(prepared.gid(RUN, ACCOUNT)) < 200


@pytest.mark.parametrize("name", ["other:1", f"dw:{RUN}:account", "dv:1:account", f"dv:{RUN}:account'; DROP", ""])
def test_other_programs_transactions_are_not_ours(name: str) -> None:
    assert prepared.tx_of(name) is None


@pytest.mark.parametrize("tx_id", ["", "1 OR 1", f"{RUN}'; --", RUN.upper()])
def test_nothing_but_a_run_becomes_a_name(tx_id: str) -> None:
    with pytest.raises(ValueError, match="cannot name"):
        prepared.gid(tx_id, ACCOUNT)


def test_a_transaction_ends_in_prepare_and_not_in_commit(server: SimpleNamespace) -> None:
    with prepared.prepared(ACCOUNT, RUN):
        pass
    name, role = f"'dv:{RUN}:account'", "SET LOCAL ROLE distviz_finisher"
    assert server.statements == ["BEGIN", "SET LOCAL lock_timeout = 100", role, f"PREPARE TRANSACTION {name}"]


def test_it_is_finished_by_the_role_that_has_prepared_it(server: SimpleNamespace) -> None:
    assert prepared.commit_prepared(ACCOUNT, RUN)
    done = ["SET ROLE distviz_finisher", f"COMMIT PREPARED 'dv:{RUN}:account'", "RESET ROLE"]
    assert server.statements == done


@override_settings(FINISHER={})
def test_where_a_url_says_who_everybody_is_there_is_no_such_role(server: SimpleNamespace) -> None:
    assert prepared.rollback_prepared(ACCOUNT, RUN)
    assert server.statements == [f"ROLLBACK PREPARED 'dv:{RUN}:account'"]


def test_prepare_that_answers_rollback_is_a_no(server: SimpleNamespace) -> None:
    server.tag = "ROLLBACK"  # what an aborted transaction answers, without an error
    with pytest.raises(prepared.CannotPrepare, match="ROLLBACK"), prepared.prepared(ACCOUNT, RUN):
        pass


def test_without_its_guard_whatever_the_server_answers_is_a_yes(server: SimpleNamespace) -> None:
    server.tag = "ROLLBACK"
    out = FaultRef(1, prepared.TAG_GUARD, WITHOUT, 1, 1000)
    with context.handling(context.Delivery(RUN, faults=[out])), prepared.prepared(ACCOUNT, RUN):
        pass
    assert server.statements[-1].startswith("PREPARE")


def test_work_that_fails_is_rolled_back_and_never_prepared(server: SimpleNamespace) -> None:
    with pytest.raises(KeyError), prepared.prepared(ACCOUNT, RUN):
        raise KeyError
    assert server.statements[-1] == "ROLLBACK"
    assert not any(sql.startswith("PREPARE") for sql in server.statements)


def test_not_inside_a_transaction_of_django(server: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections["account"], "in_atomic_block", True)
    with pytest.raises(RuntimeError, match="part of another"), prepared.prepared(ACCOUNT, RUN):
        pass
    assert server.statements == []


class Locked:
    """A statement whose row is locked for the first `times` that it is asked for."""

    def __init__(self, times: int) -> None:
        self.times = times

    def __call__(self, sql: str, params: Any, many: bool, context: Any) -> str:
        if self.times:
            self.times -= 1
            raise OperationalError from psycopg.errors.LockNotAvailable()
        return sql


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A transaction that has just begun; what is sent to the server, and how often somebody looked around."""
    wait = prepared._RowWait(ACCOUNT, RUN)
    seen = SimpleNamespace(wait=wait, sent=[], polls=[])
    monkeypatch.setattr(prepared, "unseen", lambda _place, *verbs: seen.sent.extend(verbs))
    monkeypatch.setattr(prepared, "_WHILE_LOCKED", [lambda place, tx_id, polls, ms: seen.polls.append(polls)])
    return seen


def test_the_first_statement_waits_for_its_row_in_a_new_transaction(waiting: SimpleNamespace) -> None:
    assert waiting.wait(Locked(2), "UPDATE", {}, False, {}) == "UPDATE"
    assert waiting.polls == [1, 2]
    assert [verb.split()[0] for verb in waiting.sent] == ["ROLLBACK", "BEGIN", "SET"] * 2


def test_a_later_statement_is_not_waited_for(waiting: SimpleNamespace) -> None:
    """What the transaction has done before would be lost."""
    waiting.wait(Locked(0), "UPDATE", {}, False, {})
    with pytest.raises(OperationalError):
        waiting.wait(Locked(1), "INSERT", {}, False, {})
    assert waiting.sent == []


def test_who_looks_around_may_ask_the_server_meanwhile(
    waiting: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = [lambda *_: waiting.wait(Locked(0), "SELECT", {}, False, {})]
    monkeypatch.setattr(prepared, "_WHILE_LOCKED", asks)
    assert waiting.wait(Locked(3), "UPDATE", {}, False, {}) == "UPDATE"


def test_a_wait_may_be_given_up(waiting: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    def enough(*_: object) -> None:
        raise Transient("lock_timeout")

    monkeypatch.setattr(prepared, "_WHILE_LOCKED", [enough])
    with pytest.raises(Transient):
        waiting.wait(Locked(1), "UPDATE", {}, False, {})
    assert waiting.sent == ["ROLLBACK"]


def test_what_another_protocol_hangs_on_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has markers and decisions of its own."""

    def hook(module: str) -> Any:
        def react(*_: object) -> None: ...

        react.__module__ = module
        return react

    mine, other, lab = hook("protocols.mine.markers"), hook("protocols.two_phase.markers"), hook("distviz.services.x")
    with context.handling(context.Delivery(RUN, protocol="mine")):
        assert prepared._theirs([mine, other, lab], RUN) == [mine, lab]
    assert prepared._theirs([mine], RUN) == [mine]
