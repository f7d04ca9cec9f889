"""What a run cost is a pure fold of its log."""

from datetime import timedelta

import pytest

from distviz.story.measured import Measures
from distviz.story.measures import measure
from tests.support.made_up_run import START, Log, Plan, Run, moved


def after(log: Log, **wait: float) -> Measures:
    until = log.events[-1].at + timedelta(**wait) if wait else None
    return measure(Run(), Plan(), log.events, until)


def begin(log: Log, lane: str, name: str, **more: object) -> int:
    log(lane, "step", "begin", name, **more)
    return len(log.events)


def paid(log: Log, lane: str = "payment") -> Log:
    begun = begin(log, lane, "charge")
    return log(lane, "step", "commit", "charge", wait_ms=30, caused_by=begun, data=moved("pay", paid="100.00"))


def deducted(log: Log, wait_ms: int = 20) -> Log:
    begun = begin(log, "account", "deduct")
    money = moved("ledger", account="-100.00")
    return log("account", "step", "commit", "deduct", wait_ms=wait_ms, caused_by=begun, data=money)


def test_nothing_happened() -> None:
    assert measure(Run(), Plan(), []) == Measures()


def test_a_withdrawal_that_goes_well() -> None:
    log = deducted(Log())
    log.sent("account", "payment", "MoneyDeducted")
    paid(log).finished("succeeded", "consistent", account="-100.00", paid="100.00", missing="0.00")
    found = after(log)
    assert (found.locks("account"), found.locks("payment"), found.locks()) == (20, 30, 50)
    assert found.gap_ms == 50  # sent, begin, commit
    assert (found.messages, found.commits, found.attempts) == (1, 2, 1)
    assert found.latency_ms == (log.events[-1].at - log.events[0].at) / timedelta(milliseconds=1)
    assert found.over
    assert [found.locking, found.gap_open, found.for_ever] == [False] * 3


def test_a_gap_that_is_not_closed_is_lost() -> None:
    log = deducted(Log()).finished("inconsistent", "money_lost", account="-100.00", paid="0.00", missing="100.00")
    found = after(log)
    assert found.for_ever
    assert [interval.kind for interval in found.intervals if interval.lane == "money"] == ["gap", "lost"]


def test_a_refund_closes_the_gap() -> None:
    log = deducted(Log())
    begun = begin(log, "account", "refund", data={"compensates": "deduct"})
    log("account", "step", "commit", "refund", wait_ms=40, caused_by=begun, data=moved("back", account="100.00"))
    found = after(log)
    assert found.gap_ms == 50
    assert not found.gap_open
    assert [interval.kind for interval in found.intervals if interval.lane == "account"] == ["open", "comp"]


def test_what_is_open_grows_with_the_clock() -> None:
    log = Log()
    begin(log, "account", "deduct")
    found = after(log, seconds=2)
    assert found.locking
    assert found.locks() == 2000


def test_prepared_holds_its_locks_until_the_decision_is_carried_out() -> None:
    log = Log()
    begun = begin(log, "payment", "prepare_payment")
    log("payment", "step", "prepared", "prepare_payment", wait_ms=10, caused_by=begun)
    assert after(log, seconds=5).locks("payment") == 5010
    begun = begin(log, "payment", "commit_payment", wait_ms=700)
    log("payment", "step", "commit", "commit_payment", wait_ms=20, caused_by=begun)
    found = after(log)
    assert [(interval.kind, interval.ms) for interval in found.intervals] == [("open", 10), ("held", 720)]
    assert found.commits == 1
    assert not found.locking


def test_a_vote_that_is_asked_for_again_sets_nothing_free() -> None:
    log = Log()
    first = begin(log, "payment", "prepare_payment")
    log("payment", "step", "prepared", "prepare_payment", caused_by=first)
    second = begin(log, "payment", "prepare_payment", attempt=2)
    log("payment", "step", "rollback", "prepare_payment", caused_by=second, attempt=2)
    assert after(log).locking


def test_a_crash_sets_the_rows_free() -> None:
    log = Log()
    begun = begin(log, "account", "deduct")
    log("account", "fault", "fired", "crash", wait_ms=15, caused_by=begun, data={"at": "account.in_tx"})
    found = after(log, seconds=9)
    assert found.locks() == 15
    assert not found.locking


@pytest.mark.parametrize(("point", "locked"), [("account.before_tx", 10), ("account.in_tx", 1020)])
def test_a_delay_before_the_transaction_locks_nothing(point: str, locked: int) -> None:
    log = Log()
    begun = begin(log, "account", "deduct")
    log("account", "fault", "fired", "delay", caused_by=begun, data={"at": point, "ms": 1000})
    log("account", "step", "commit", "deduct", wait_ms=1010, caused_by=begun)
    assert after(log).locks() == locked


def test_a_step_held_before_its_transaction_locks_nothing() -> None:
    log = Log()
    begun = begin(log, "account", "deduct")
    held = {"caused_by": begun, "data": {"point": "account.before_tx"}}
    log("account", "hold", "held", "account.before_tx", **held)
    assert after(log, seconds=60).locks() == 0
    log("account", "hold", "released", "account.before_tx", wait_ms=5000, **held)
    log("account", "step", "commit", "deduct", wait_ms=30, caused_by=begun)
    assert after(log).locks() == 30


def test_two_attempts_at_once_hold_a_row_once() -> None:
    log = Log()
    slow = begin(log, "payment", "charge")
    waits = begin(log, "payment", "charge", attempt=2, wait_ms=1000)
    log("payment", "step", "rollback", "charge", wait_ms=500, caused_by=waits, attempt=2, error="lock timeout")
    log("payment", "step", "commit", "charge", wait_ms=500, caused_by=slow)
    found = after(log)
    assert found.locks("payment") == 2000
    assert found.attempts == 2


def test_who_was_killed_from_outside_held_nothing_after_the_next_attempt_began() -> None:
    log = Log()
    begin(log, "payment", "charge")
    again = begin(log, "payment", "charge", attempt=2, wait_ms=400)
    log("payment", "step", "commit", "charge", wait_ms=30, caused_by=again, attempt=2)
    found = after(log, seconds=60)
    assert found.locks("payment") == 430
    assert not found.locking


def test_messages_are_counted_by_copies() -> None:
    log = Log()
    log.sent("account", "payment", "MoneyDeducted", copies=2)
    log.sent("account", "payment", "MoneyDeducted", "lost", copies=0)
    log.sent("payment", "account", "PaymentFailed", "delayed", ms=900)
    log.sent("payment", "account", "PaymentFailed", "parked")
    found = after(log)
    assert (found.messages, found.lost) == (3, 1)
    assert [instant.kind for instant in found.instants] == ["message", "lost", "message"]


def test_instants_have_a_time_and_a_lane() -> None:
    log = deducted(Log())
    instant = after(log).instants[0]
    assert (instant.kind, instant.lane) == ("commit", "account")
    assert instant.at == (log.events[-1].at - log.events[0].at) / timedelta(milliseconds=1)
    assert log.events[0].at > START


def test_transactions_that_overlap_are_measured_from_begin_to_end_each() -> None:
    log = Log().sent("account", "payment", "MoneyDeducted", copies=2)
    for span in ("aa", "bb"):
        log("payment", "message", "received", "MoneyDeducted", caused_by=2, span_id=span)
        begin(log, "payment", "charge", span_id=span, caused_by=len(log.events))
    log("payment", "step", "commit", "charge", span_id="bb", caused_by=6)
    log("payment", "step", "commit", "charge", span_id="aa", caused_by=4, wait_ms=40)
    assert [(one.start, one.end) for one in after(log).intervals] == [(50, 60), (30, 100)]


def test_a_bar_without_an_end_ends_where_its_message_is_handled_anew() -> None:
    log = Log().sent("account", "payment", "MoneyDeducted")
    for number, span in ((1, "aa"), (2, "bb")):
        log("payment", "message", "received", "MoneyDeducted", caused_by=2, span_id=span, attempt=number)
        begin(log, "payment", "charge", span_id=span, caused_by=len(log.events))
    assert [(one.start, one.end) for one in after(log, seconds=1).intervals] == [(50, 1050), (30, 50)]
