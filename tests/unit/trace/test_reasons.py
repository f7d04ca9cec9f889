"""Why something failed is a code: of an error of ours, of PostgreSQL's, of a message from before there were codes."""

from decimal import Decimal

import psycopg.errors
import pytest
from django.db import OperationalError
from pymongo.errors import ServerSelectionTimeoutError

from distviz.codes import LOCKED, Reason
from distviz.errors import Declined, Transient
from distviz.services import written
from distviz.trace import reasons


def wrapped(cause: psycopg.Error) -> OperationalError:
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (wrapped(psycopg.errors.LockNotAvailable("canceling statement due to lock timeout")), "lock_timeout"),
        (wrapped(psycopg.errors.DeadlockDetected("deadlock detected")), "deadlock"),
        (wrapped(psycopg.errors.AdminShutdown("terminating connection")), "database_error"),
        (ServerSelectionTimeoutError("no server"), "database_error"),
        (Transient("error_on_purpose", at="payment.in_tx"), "error_on_purpose"),
        (Declined("insufficient_funds"), "insufficient_funds"),
        (KeyError("amount"), "error"),
    ],
)
def test_every_error_has_a_code(error: Exception, code: str) -> None:
    assert reasons.of(error).code == code


def test_only_the_lock_of_another_transaction_is_waited_for() -> None:
    assert {reasons.of(wrapped(psycopg.errors.LockNotAvailable("x"))).code, "deadlock"} == set(LOCKED)


def test_a_reason_is_there_and_back_again() -> None:
    why = Reason.of("given_back", amount=Decimal(100), why=Declined("declined_on_purpose", who="payment"), n=None)
    assert why.params == {"amount": "100.00", "why": {"code": "declined_on_purpose", "params": {"who": "payment"}}}
    assert Reason.read(why.as_json()) == why


def test_a_sentence_from_before_there_were_codes_is_read() -> None:
    assert Reason.read("payment said no (switched on)") == Reason("text", {"text": "payment said no (switched on)"})
    assert Reason.read("") is None
    assert Reason.read(None) is None


@pytest.mark.parametrize("garbage", [7, ["x"], {"params": {}}, {"code": 7}, {"code": "x", "params": 7}])
def test_what_is_no_reason_is_refused(garbage: object) -> None:
    with pytest.raises(ValueError, match="reason"):
        Reason.read(garbage)


def test_a_table_keeps_the_sentence_and_the_code() -> None:
    row = written.columns(Reason("insufficient_funds"))
    assert row["reason"] == "insufficient funds"
    assert written.read(row) == Reason("insufficient_funds")
    assert written.read({"reason": "said so", "why": None}) == Reason.prose("said so")
    assert written.read(written.columns(None)) is None
