"""What is still to come, and how far it is."""

from datetime import timedelta

from distviz.story.picture.picture import Picture
from tests.support.made_up_run import Log, drawn


def ghosts(picture: Picture) -> list[str]:
    return [ghost.key for ghost in picture.ghosts()]


def test_ghosts_are_what_has_not_begun() -> None:
    picture = drawn(Log().sent("api", "account", "WithdrawalRequested")("account", "step", "begin", "deduct"))
    assert ghosts(picture) == ["MoneyDeducted", "charge", "PaymentProcessed", "notify"]


def test_once_something_is_made_good_only_that_is_still_to_come() -> None:
    assert ghosts(drawn(Log().deducted().sent("payment", "account", "PaymentFailed"))) == ["refund"]


def test_a_run_that_ended_well_has_no_ghosts_and_a_bad_one_shows_what_never_came() -> None:
    assert ghosts(drawn(Log().deducted().finished("succeeded", "consistent"))) == []
    bad = drawn(Log().deducted().finished("inconsistent", "money_lost")).ghosts()
    assert bad
    assert all(ghost.never for ghost in bad)


def test_status_follows_the_log() -> None:
    log = Log()
    assert drawn(log).status == "pending"
    log("payment", "step", "begin", "charge")
    assert drawn(log).status == "running"
    log("payment", "step", "rollback", "charge", error="boom")
    log("payment", "retry", "scheduled", "charge", error="boom", data={"wait_ms": 2000, "next_attempt": 2, "of": 6})
    picture = drawn(log)
    assert picture.status == "retrying"
    assert picture.progress.retry is not None
    assert picture.progress.retry.until == log.events[-1].at + timedelta(seconds=2)
    log("payment", "attention", "raised", "charge", error="max retries exceeded")
    assert drawn(log).status == "needs_attention"
    log("client", "operator", "retried", "retried")
    assert drawn(log).status == "running"


def test_a_wait_for_a_lock_is_told_from_other_retries() -> None:
    data = {"reason": {"code": "lock_timeout", "params": {}}}
    log = Log()("account", "retry", "scheduled", "deduct", error="canceling statement due to lock timeout", data=data)
    assert drawn(log).status == "waiting_lock"


def test_a_lock_that_is_met_is_told_before_it_times_out() -> None:
    data = {"holder": "0b6e2f1c-0000-0000-0000-000000000000", "gives_up_ms": 2000}
    log = Log()("account", "step", "begin", "deduct")("account", "lock", "waiting", "accounts/alice", data=data)
    picture = drawn(log)
    assert picture.status == "waiting_lock"
    assert "0b6e2f1c" in picture.progress.doing
    assert (picture.rows[-1].label.word, picture.rows[-1].label.icon) == ("WAITS", "lock")
    assert "2.0 s" in picture.rows[-1].sentence or "2 s" in picture.rows[-1].sentence
    log("account", "step", "prepared", "deduct")
    assert drawn(log).status == "in_doubt"


def test_held_until_released() -> None:
    log = Log()("payment", "hold", "held", "payment.in_tx", data={"pid": 7, "point": "payment.in_tx"})
    held = drawn(log).progress.held
    assert held is not None
    assert (held.point, held.lane_title, held.pid) == ("payment.in_tx", "Payment", 7)
    assert drawn(log("payment", "hold", "released", "payment.in_tx")).progress.held is None


def test_what_is_held_is_told_until_it_is_released_whatever_others_do() -> None:
    log = Log()("payment", "hold", "held", "payment.in_tx", data={"point": "payment.in_tx", "pid": 7})
    log("account", "message", "received", "Answer")
    assert drawn(log).progress.doing == "Held until it is released: Payment, in the transaction, before COMMIT."
    log("payment", "hold", "released", "payment.in_tx")("account", "message", "received", "Answer")
    assert drawn(log).progress.doing == "Account has received Answer from its queue."
