"""The verbs: what counts as a yes, and whose transactions are ours."""

from types import SimpleNamespace

import pytest
from django.db import connections

from distviz.services import prepared
from distviz.services.places import ACCOUNT, PAYMENT, Place

RUN = "c0ffee00-0000-4000-8000-000000000001"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Answers PREPARE with `tag`, and remembers what it was told."""
    fake = SimpleNamespace(told=[], tag="PREPARE TRANSACTION")

    def verb(_place: object, sql: str) -> str:
        fake.told.append(sql)
        return fake.tag if sql.startswith("PREPARE") else sql

    monkeypatch.setattr(Place, "verb", verb)
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
    assert server.told == ["BEGIN", "SET LOCAL lock_timeout = 100", f"PREPARE TRANSACTION 'dv:{RUN}:account'"]


def test_prepare_that_answers_rollback_is_a_no(server: SimpleNamespace) -> None:
    server.tag = "ROLLBACK"  # what an aborted transaction answers, without an error
    with pytest.raises(prepared.CannotPrepare, match="ROLLBACK"), prepared.prepared(ACCOUNT, RUN):
        pass


def test_work_that_fails_is_rolled_back_and_never_prepared(server: SimpleNamespace) -> None:
    with pytest.raises(KeyError), prepared.prepared(ACCOUNT, RUN):
        raise KeyError
    assert server.told[-1] == "ROLLBACK"
    assert not any(sql.startswith("PREPARE") for sql in server.told)


def test_not_inside_a_transaction_of_django(server: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections["account"], "in_atomic_block", True)
    with pytest.raises(RuntimeError, match="part of another"), prepared.prepared(ACCOUNT, RUN):
        pass
    assert server.told == []
