"""When the coordinator may decide, and how long it waits: the rules, without a database."""

import os
from decimal import Decimal
from typing import Any

import pytest

from distviz.codes import Reason
from distviz.services.places import Place
from distviz.story.words.sentences import english
from distviz.trace import context, processes
from protocols.two_phase import coordinator, log, points, shown
from protocols.two_phase.log import ABORT, COMMIT, Decision, Transaction
from protocols.two_phase.messages import FAILED, LINES, NO, YES, WithdrawalRequested
from protocols.two_phase.recovery import asked_again, clocks
from protocols.two_phase.recovery.asked_again import Before
from protocols.two_phase.recovery.clocks import Clock

REQUEST = WithdrawalRequested(tx_id="c0ffee00-0000-4000-8000-000000000001", user_id="alice", amount=Decimal("100.00"))


def transaction(*votes: str) -> Transaction:
    return Transaction(dict(zip(LINES, votes, strict=True)), list(LINES), None)


@pytest.mark.parametrize(
    ("decision", "ran", "phase", "status"),
    [
        (None, "", "", "in_doubt"),
        (None, "prepared", "prepared", "in_doubt"),
        (Decision(COMMIT), "", "late", ""),
        (Decision(ABORT), "prepared", "prepared", ""),  # it was prepared after all, and is rolled back at once
    ],
)
def test_what_is_asked_again_after_the_decision_is_not_in_doubt_again(
    monkeypatch: pytest.MonkeyPatch, decision: Decision | None, ran: str, phase: str, status: str
) -> None:
    monkeypatch.setattr(log, "decision_on", lambda _tx: decision)
    delivery, opened = context.Delivery("r", lane="notification", again=True), context.OpenStep("prepare", (), 1)
    opened.ends = ran
    with context.handling(delivery):
        delivery.step = opened
        shown.locks(delivery, opened)
        for react in opened.closing:
            react()
    assert (opened.ends, points.until_it_is_decided(opened)) == (phase, status)


def test_only_a_yes_from_everybody_allows_commit() -> None:
    assert transaction(YES, YES, YES).unanimous
    assert not transaction(YES, YES, "").unanimous
    assert not transaction(YES, NO, YES).unanimous
    assert not transaction(YES, FAILED, YES).unanimous
    assert not Transaction({}, [], None).unanimous  # nobody was asked, so nobody has agreed


@pytest.mark.parametrize(
    ("row", "is_"),
    [
        ({**processes.me(), "failed": False}, Before.ALIVE),
        ({**processes.me(), "failed": True}, Before.FAILED),
        ({**processes.me(), "started": "another time", "failed": False}, Before.DIED),
        ({**processes.me(), "pid": str(2**22 + os.getpid()), "failed": False}, Before.DIED),
        (None, Before.UNKNOWN),
    ],
)
def test_a_dead_coordinator_is_told_from_a_busy_and_from_a_failed_one(
    monkeypatch: pytest.MonkeyPatch, row: dict[str, Any] | None, is_: Before
) -> None:
    monkeypatch.setattr(Place, "ask", lambda self, sql, params: [row] if row else [])
    assert asked_again.before(REQUEST, 7) is is_


@pytest.mark.parametrize(
    ("decision", "status", "says"),
    [
        (Decision(COMMIT, ended=True), "succeeded", "$100.00 was withdrawn and paid"),
        (Decision(ABORT, "declined", Reason("insufficient_funds"), ended=True), "declined", "insufficient funds"),
        (Decision(ABORT, "failed", Reason("coordinator_died"), ended=True), "failed", "died before it had decided"),
    ],
)
def test_how_a_decision_ends(decision: Decision, status: str, says: str) -> None:
    outcome = coordinator.end(REQUEST, decision)
    assert outcome.status == status
    assert says in english(outcome.reason)
    assert decision.commits is (status == "succeeded")


def clock(**more: float | bool) -> Clock:
    nothing = {"over": False, "paused": False, "backing_off": False, "asked": True, "silent": 0.0, "running": 0.0}
    return Clock(**{**nothing, **more})  # type: ignore[arg-type]


def test_a_vote_that_does_not_come_is_a_no(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.T_TERM = 30
    assert not clock(silent=14, running=29).too_late
    assert clock(silent=16).too_late
    assert clock(silent=1, running=31).too_late
    assert not clock(silent=500, running=500, paused=True).too_late  # a person holds it and thinks
    monkeypatch.setattr(clocks, "_queues_are_full", lambda: False)
    why = clocks.lost(clock(silent=16), transaction(YES, "", ""))
    assert english(why) == "no vote from Payment, Notification in time"
    assert english(clocks.lost(clock(silent=16), transaction(YES, YES, YES))) == "no decision in time"
    assert clocks.lost(clock(silent=14), transaction(YES, "", "")) is None


def test_a_vote_that_waits_in_a_full_queue_is_late_and_not_lost(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.T_TERM = 30
    monkeypatch.setattr(clocks, "_queues_are_full", lambda: True)
    assert clocks.lost(clock(silent=16, running=16), transaction(YES, "", "")) is None
    assert clocks.lost(clock(silent=16, running=61), transaction(YES, "", ""))


def test_recovery_leaves_alone_what_is_worked_on() -> None:
    assert clock(silent=4).is_quiet(3)
    assert not clock(silent=2).is_quiet(3)
    assert not clock(silent=4, paused=True).is_quiet(3)
    assert not clock(silent=4, backing_off=True).is_quiet(3)
    assert clock(over=True).is_quiet(3)
