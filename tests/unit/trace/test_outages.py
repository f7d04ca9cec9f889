"""Retries used up: what passes by itself is left to recovery, everything else to a person."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import psycopg.errors
import pytest
from django.db import DatabaseError, DataError, IntegrityError, InternalError, OperationalError
from kombu.exceptions import OperationalError as NoBroker
from pymongo.errors import AutoReconnect, DuplicateKeyError, ServerSelectionTimeoutError

from distviz.codes import LOCK_TIMEOUT, Reason
from distviz.errors import Transient
from distviz.services.places import ACCOUNT
from distviz.trace import consume, context, ending, outages, sweeps
from distviz.trace.handlers import Handler
from protocols.saga.events import PaymentFailed
from tests.support import run_log

EVENT = PaymentFailed(tx_id=run_log.delivery().run_id, user_id="alice", amount=Decimal("100.00"))


def wrapped(kind: type[DatabaseError], cause: psycopg.Error) -> DatabaseError:
    """As Django raises what psycopg has raised."""
    error = kind(str(cause))
    error.__cause__ = cause
    return error


PASSING = [
    OperationalError("connection refused"),
    wrapped(OperationalError, psycopg.errors.LockNotAvailable("canceling statement due to lock timeout")),
    wrapped(InternalError, psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction")),
    wrapped(InternalError, psycopg.errors.IdleInTransactionSessionTimeout("terminating connection")),
    ServerSelectionTimeoutError("no server"),
    AutoReconnect("connection closed"),
    NoBroker("no broker"),
    ConnectionResetError(),
    Transient(LOCK_TIMEOUT, why=Reason.prose("it is prepared")),
]
LASTING = [
    Transient("error_on_purpose", at="refund.in_tx"),
    wrapped(IntegrityError, psycopg.errors.UniqueViolation("duplicate key")),
    wrapped(DataError, psycopg.errors.NumericValueOutOfRange("too much")),
    DuplicateKeyError("duplicate key"),
    ValueError("garbage"),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_it_passes_by_itself(error: Exception) -> None:
    assert outages.passes(error)


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_a_held_run_changes_only_by_manual_action(error: Exception) -> None:
    assert not outages.passes(error)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> run_log.Recorded:
    found = run_log.in_memory(monkeypatch)
    monkeypatch.setattr(
        consume, "_attention", lambda _handler, _message, delivery, why: delivery.tell("attention", "raised", error=why)
    )
    return found


def give_up(error: Exception, give_up: Any = None) -> None:
    """A handler that meets this error at its last attempt."""

    def react(_message: object) -> None:
        raise error

    handler = Handler(ACCOUNT, PaymentFailed, react, retries=True, give_up=give_up)
    delivery = run_log.delivery("account", attempt=99)
    with context.handling(delivery):
        consume._exhausted(handler, EVENT, delivery, Reason.prose(str(error)), passes=outages.passes(error))


def raising(error: Exception) -> Any:
    def react(_message: object, _why: Reason) -> None:
        raise error

    return react


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_no_manual_action_is_needed_while_a_server_is_away(recorded: run_log.Recorded, error: Exception) -> None:
    give_up(error)
    give_up(Transient("error_on_purpose", at="refund.in_tx"), raising(error))
    assert [phase for _, phase, _ in recorded.brief()] == ["exhausted", "left"] * 2
    assert {event["status"] for event in recorded[1::2]} == {"retrying"}


@pytest.mark.parametrize("error", LASTING[:1], ids=repr)
def test_what_a_retry_cannot_mend_needs_manual_action(recorded: run_log.Recorded, error: Exception) -> None:
    give_up(error)
    give_up(OperationalError("connection refused"), raising(error))
    assert [phase for _, phase, _ in recorded.brief()] == ["exhausted", "raised"] * 2


def test_what_gives_up_is_asked_before_anybody_waits(recorded: run_log.Recorded) -> None:
    given: list[Reason] = []
    give_up(OperationalError("connection refused"), lambda _message, why: given.append(why))
    assert [str(why) for why in given] == ["connection refused"]
    assert [phase for _, phase, _ in recorded.brief()] == ["exhausted"]


def test_a_sweep_that_fails_keeps_no_other_from_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[float] = []

    def away(_min_age: float) -> int:
        raise OperationalError("connection refused")

    def drives(min_age: float) -> int:
        done.append(min_age)
        return 1

    monkeypatch.setattr(sweeps, "SWEEPS", {"account": [away, drives, away, drives]})
    monkeypatch.setattr(sweeps, "close_old_connections", lambda: None)
    with pytest.raises(OperationalError):
        sweeps.once("account", 5)
    assert done == [5, 5]


@pytest.fixture
def finished(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ends that were written of a run whose end was decided."""
    run = SimpleNamespace(pk="r", protocol="naive", account="a", ending="succeeded", updated_at=None)
    rows = SimpleNamespace(get=lambda **_: run, filter=lambda **_: SimpleNamespace(update=lambda **_: 1))
    monkeypatch.setattr(ending, "Run", SimpleNamespace(objects=rows))
    found: list[str] = []
    monkeypatch.setattr(ending.log, "finish", lambda *_, **columns: found.append(columns["status"]))
    return found


@pytest.mark.parametrize("end", [ending.settle, ending.finish])
def test_no_end_is_given_while_a_transaction_may_still_commit(
    monkeypatch: pytest.MonkeyPatch, finished: list[str], end: Any
) -> None:
    def find_out(_run: object) -> None:
        raise PASSING[1]

    monkeypatch.setattr(ending, "SETTLERS", {"naive": find_out})
    end("r")
    assert finished == []
