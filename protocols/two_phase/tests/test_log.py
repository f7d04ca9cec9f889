"""When the coordinator may decide, and how long it waits: the rules, without a database."""

import os
from decimal import Decimal

import pytest

from distviz.story.words.sentences import english
from distviz.trace import processes
from protocols.two_phase.messages import FAILED, LINES, NO, YES, WithdrawalRequested
from protocols.two_phase.recovery.patience import Clock
from protocols.two_phase.state import ABORT, COMMIT, Claim, Decision, Party, Transaction

REQUEST = WithdrawalRequested(tx_id="c0ffee00-0000-4000-8000-000000000001", user_id="alice", amount=Decimal("100.00"))


def transaction(*votes: str, **more: bool) -> Transaction:
    return Transaction(tuple(Party(name, vote, **more) for name, vote in zip(LINES, votes, strict=True)))


def test_only_a_yes_from_everybody_allows_commit() -> None:
    assert transaction(YES, YES, YES).unanimous
    assert not transaction(YES, YES, "").unanimous
    assert not transaction(YES, NO, YES).unanimous
    assert not transaction(YES, FAILED, YES).unanimous
    assert not Transaction().unanimous  # nobody was asked, so nobody has agreed


def test_who_is_waited_for() -> None:
    found = transaction(YES, "", "", asked=True)
    assert found.silent == ["payment", "notification"]
    assert not found.voted
    assert found.waiting == ["account", "payment", "notification"]
    assert found.may_be_prepared
    assert not transaction(YES, YES, YES, asked=True, done=True).may_be_prepared


def test_a_dead_coordinator_is_told_from_a_busy_and_from_a_failed_one() -> None:
    me = processes.me()
    assert Party("account", YES, driver=me).claim is Claim.BUSY
    assert Party("account", YES, driver=None).claim is Claim.AGAIN
    assert Party("account", YES, driver={**me, "started": "another time"}).claim is Claim.DIED
    assert Party("account", YES, driver={**me, "pid": 2**22 + os.getpid()}).claim is Claim.DIED


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        (Decision(COMMIT), "succeeded"),
        (Decision(ABORT, ends_as="declined", reason="insufficient funds"), "declined"),
        (Decision(ABORT, ends_as="failed", reason="no vote from payment in time"), "failed"),
    ],
)
def test_how_a_decision_ends(decision: Decision, status: str) -> None:
    outcome = decision.outcome(REQUEST)
    assert outcome.status == status
    assert decision.reason in english(outcome.reason)
    assert decision.commits is (status == "succeeded")


def clock(**more: float | bool) -> Clock:
    return Clock(**{"over": False, "in_hands": False, "asleep": False, "silent": 0.0, "going": 0.0, **more})


def test_a_vote_that_does_not_come_is_a_no(settings: object) -> None:
    settings.T_TERM = 30  # type: ignore[attr-defined]
    assert not clock(silent=14, going=29).too_late
    assert clock(silent=16).too_late
    assert clock(silent=1, going=31).too_late
    assert not clock(silent=500, going=500, in_hands=True).too_late  # a person holds it and thinks


def test_recovery_leaves_alone_what_somebody_works_on() -> None:
    assert clock(silent=4).rests(3)
    assert not clock(silent=2).rests(3)
    assert not clock(silent=4, in_hands=True).rests(3)
    assert not clock(silent=4, asleep=True).rests(3)
    assert clock(over=True).rests(3)
