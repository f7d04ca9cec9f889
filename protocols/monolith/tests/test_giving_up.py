"""No end of the one transaction is given before the withdrawal is closed."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError

from distviz.codes import Reason
from distviz.errors import Declined
from distviz.services import closing
from distviz.services.places import Place
from distviz.trace import context
from distviz.trace.outcomes import Outcome, declined, succeeded
from protocols.monolith import bank
from protocols.monolith.events import WithdrawalRequested
from protocols.monolith.recovery import giving_up
from protocols.monolith.withdraw import withdraw
from tests.support import run_log

REQUEST = WithdrawalRequested(tx_id=run_log.delivery().run_id, user_id="alice", amount=Decimal("100.00"))
NO = declined("insufficient_funds")


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(closing, "close", lambda _place, withdrawal: found.append(withdrawal))
    return found


def committed(monkeypatch: pytest.MonkeyPatch, *rows: dict[str, Any]) -> None:
    """What another attempt has left in `transactions`."""
    monkeypatch.setattr(Place, "ask", lambda _place, _sql, _params=None: list(rows))


@pytest.mark.parametrize("outcome", [NO, succeeded("monolith_done", amount=REQUEST.amount)])
def test_only_a_decline_needs_closing(monkeypatch: pytest.MonkeyPatch, closed: list[str], outcome: Outcome) -> None:
    committed(monkeypatch)
    monkeypatch.setattr(withdraw, "react", lambda _request: outcome)
    assert withdraw.take(REQUEST, again=False) == outcome
    assert closed == ([REQUEST.tx_id] if outcome == NO else [])


def test_an_attempt_that_has_committed_outweighs_a_decline(monkeypatch: pytest.MonkeyPatch, closed: list[str]) -> None:
    committed(monkeypatch, {"found": 1})
    monkeypatch.setattr(withdraw, "react", lambda _request: NO)
    outcome = withdraw.take(REQUEST, again=True)
    assert isinstance(outcome, Outcome)
    assert (outcome.status, outcome.reason.code) == ("succeeded", "monolith_unheard")


def test_no_decline_is_given_while_an_attempt_may_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_place: Place, _withdrawal: str) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(closing, "close", busy)
    monkeypatch.setattr(withdraw, "react", lambda _request: NO)
    with pytest.raises(OperationalError):
        withdraw.take(REQUEST, again=False)


def test_an_attempt_that_comes_after_the_end_is_declined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "refuses", lambda _place, _withdrawal: Declined("given_up_before"))
    row = {"id": 1, "balance": Decimal("1000.00"), "withdrawn": None}
    monkeypatch.setattr(Place, "ask", lambda _place, _sql, _params=None: [row])
    with pytest.raises(Declined, match="given_up_before"):
        bank.lock_account(REQUEST)
    row["withdrawn"] = REQUEST.amount  # an attempt that has committed is recognised
    assert bank.lock_account(REQUEST).withdrawn_already


def test_giving_up_closes_first(monkeypatch: pytest.MonkeyPatch, closed: list[str]) -> None:
    committed(monkeypatch)
    recorded = run_log.in_memory(monkeypatch)
    with context.handling(run_log.delivery("account", protocol="monolith")):
        outcome = giving_up.give_up(REQUEST, Reason.prose("lock timeout"))
    assert (outcome.status, closed) == ("failed", [REQUEST.tx_id])
    assert recorded.brief() == [("step", "begin", "give up"), ("step", "commit", "give up")]
