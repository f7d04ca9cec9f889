"""The picture is a pure fold: the same events give the same rows, whoever asks and whenever."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from distviz.story.picture.picture import Picture
from distviz.story.picture.rows import Row
from tests.support.made_up_run import Log, Plan, Run, Step, drawn, moved


def cell(row: Row, lane: str) -> tuple[str, str, str]:
    found = next(one for one in row.cells if one.lane == lane)
    return found.up, found.joint, found.down


def ghosts(picture: Picture) -> list[str]:
    return [ghost.key for ghost in picture.ghosts()]


# --- bars ---------------------------------------------------------------------------------------------------------


def test_a_transaction_is_a_bar_from_begin_to_commit() -> None:
    log = Log()("account", "step", "begin", "deduct")("account", "fault", "fired", "delay")
    log("account", "step", "commit", "deduct")("api", "sweep", "redriven", "X")
    rows = drawn(log).rows
    assert [cell(row, "account") for row in rows[1:]] == [
        ("", "begin", "open"),
        ("open", "dot", "open"),
        ("open", "commit", ""),
        ("", "", ""),
    ]
    assert {cell(row, "payment") for row in rows} == {("", "", "")}


def test_other_lanes_see_an_open_bar_go_through() -> None:
    rows = drawn(Log()("account", "step", "begin", "deduct").sent("api", "payment", "X")).rows
    assert cell(rows[-1], "account") == ("open", "", "open")


def test_a_rollback_ends_the_bar_and_says_why() -> None:
    log = Log()("payment", "step", "begin", "charge")("payment", "step", "rollback", "charge", error="no\nsecond line")
    row = drawn(log).rows[-1]
    assert cell(row, "payment") == ("open", "rollback", "")
    assert (row.label.word, row.label.note) == ("ROLLBACK", "no")


def test_a_crash_tears_the_open_bar_of_its_own_lane_only() -> None:
    log = Log()("account", "step", "begin", "deduct")("payment", "step", "begin", "charge")
    log("payment", "fault", "fired", "crash", data={"pid": 7})
    row = drawn(log).rows[-1]
    assert cell(row, "payment") == ("open", "torn", "")
    assert cell(row, "account") == ("open", "", "open")


def test_what_is_prepared_survives_a_crash_and_keeps_its_locks() -> None:
    log = Log()("payment", "step", "begin", "prepare")("payment", "step", "prepared", "prepare")
    log("payment", "fault", "fired", "crash")
    picture = drawn(log)
    assert cell(picture.rows[-1], "payment") == ("held", "spark", "held")
    assert picture.verdict == "in_doubt"
    assert picture.locked == ["Payment"]


def test_prepared_bars_of_several_lanes_overlap_until_their_commits() -> None:
    log = Log()
    for lane in ("account", "payment"):
        log(lane, "step", "begin", "prepare")(lane, "step", "prepared", "prepare")
    log("api", "decision", "made", "commit")("account", "step", "commit", "prepare")
    picture = drawn(log)
    assert cell(picture.rows[-2], "account") == cell(picture.rows[-2], "payment") == ("held", "", "held")
    assert cell(picture.rows[-1], "account") == ("held", "commit", "")
    assert picture.status == "committing"
    assert picture.verdict == "temporarily_inconsistent"


def test_an_abort_commits_nothing_and_makes_nothing_good() -> None:
    plan = Plan(
        key="two_phase", steps=(Step("RollbackPayment", "RollbackPayment", "api", "payment", compensation=True),)
    )
    log = Log()("payment", "step", "begin", "prepare")("payment", "step", "prepared", "prepare")
    assert drawn(log, plan).status == "in_doubt"
    log("api", "decision", "made", "ABORT")
    assert drawn(log, plan).status == "running"
    log.sent("api", "payment", "RollbackPayment")
    assert drawn(log, plan).status == "running"
    assert drawn(log, plan).verdict == "consistent"
    log("account", "step", "begin", "prepare")("account", "step", "prepared", "prepare")  # too late, and so in vain
    log("account", "retry", "scheduled", "rollback", error="lock timeout")("payment", "step", "rollback", "roll_back")
    assert drawn(log, plan).status == "running"


def test_a_promise_of_mongodb_locks_nothing() -> None:
    log = Log()
    for lane in ("account", "notification"):
        log(lane, "step", "begin", "prepare")(lane, "step", "prepared", "prepare")
    picture = drawn(log)
    assert picture.locked == ["Account"]
    assert (picture.rows[-1].label.note, picture.rows[-1].label.icon) == (
        "a pending document, no lock",
        "envelope",
    )
    assert "holds no lock" in picture.rows[-1].sentence
    assert "its locks are held" in picture.rows[-3].sentence


def test_a_step_that_begins_again_without_an_end_was_killed_from_outside() -> None:
    log = Log()("payment", "step", "begin", "charge")("payment", "step", "begin", "charge", attempt=2)
    assert cell(drawn(log).rows[-1], "payment") == ("open", "torn-begin", "open")


def test_a_compensation_has_its_own_texture_and_the_next_step_has_not() -> None:
    log = Log().deducted().step("account", "refund", data={"compensates": "deduct"}).step("account", "complete")
    marks = [next(one.compensation for one in row.cells if one.lane == "account") for row in drawn(log).rows[1:]]
    assert marks == [False, False, True, True, False, False]


def test_bars_still_open_go_on_below_the_last_event_until_the_run_is_over() -> None:
    log = Log()("account", "step", "begin", "deduct")
    assert [one.down for one in drawn(log).now() if one.lane == "account"] == ["open"]
    assert drawn(log.finished("failed", "consistent")).now() == []


# --- arrows -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "data", "fate"),
    [
        ("sent", {}, ""),
        ("sent", {"copies": 2}, "twice"),
        ("lost", {}, "lost"),
        ("parked", {"why": "step"}, "parked"),
        ("delayed", {"ms": 500}, "delayed"),
    ],
)
def test_an_arrow_shows_what_the_network_did(phase: str, data: dict[str, Any], fate: str) -> None:
    arrow = drawn(Log().sent("payment", "account", "PaymentFailed", phase, **data)).rows[-1].arrow
    assert arrow is not None
    assert (arrow.src, arrow.dst, arrow.fate, arrow.back, arrow.left) == ("payment", "account", fate, True, "account")


def test_an_envelope_waits_until_an_operator_deals_with_it() -> None:
    log = Log().sent("account", "payment", "MoneyDeducted", "parked", why="step")
    assert [(one.name, one.to_title) for one in drawn(log).progress.waiting.values()] == [("MoneyDeducted", "Payment")]
    log("client", "message", "delivered", "MoneyDeducted", data={"mid": "MoneyDeducted", "by": "operator"})
    picture = drawn(log)
    assert not picture.progress.waiting
    arrow = picture.rows[-1].arrow
    assert arrow is not None
    assert (arrow.src, arrow.dst) == ("account", "payment")  # the message's way, not the operator's


def test_a_message_to_a_lane_that_is_not_drawn_has_no_arrow_and_breaks_nothing() -> None:
    assert drawn(Log().sent("account", "elsewhere", "X")).rows[-1].arrow is None


# --- money --------------------------------------------------------------------------------------------------------


def test_money_moves_from_the_account_through_flight_to_paid() -> None:
    picture = Picture(Run(), Plan())
    log = Log().deducted().step("payment", "charge", data=moved("payments", paid="100.00"))
    seen = [(row.money.at_home, row.money.in_flight, row.money.paid) for row in picture.feed_all(log.events)]
    assert seen[0] == (100, 0, 0)
    assert seen[2] == (0, 100, 0)
    assert seen[-1] == (0, 0, 100)
    assert picture.verdict == "consistent"


def test_the_same_move_told_twice_counts_once() -> None:
    log = Log().deducted().deducted()
    assert drawn(log).money.account == Decimal("-100.00")


def test_a_refund_brings_it_back() -> None:
    data = {"compensates": "deduct", **moved("refund", account="100.00")}
    picture = drawn(Log().deducted().step("account", "refund", data=data))
    assert (picture.money.at_home, picture.money.gap) == (100, 0)
    row = picture.rows[-1]
    assert (row.makes_good, row.makes_good_title) == (3, "Deduct")


def test_without_a_protocol_the_gap_is_missing_at_once_and_labelled_where_it_opens() -> None:
    picture = drawn(Log().deducted()("account", "fault", "fired", "crash"), Plan(may_lose=True))
    assert (picture.money.missing, picture.money.in_flight) == (100, 0)
    assert [row.missing_now for row in picture.rows] == ["", "", "$100.00", ""]
    assert picture.verdict == "money_lost"


def test_paid_twice_is_a_gap_the_other_way() -> None:
    log = Log().deducted()
    for payment in ("one", "two"):
        log.step("payment", "charge", data=moved(payment, paid="100.00"))
    assert drawn(log, Plan(may_lose=True)).money.twice == 100


def test_the_end_says_what_of_a_gap_is_missing() -> None:
    log = Log().deducted().finished("inconsistent", "money_lost", account="-100.00", missing="100.00", paid="0.00")
    picture = drawn(log)
    assert (picture.money.missing, picture.money.in_flight, picture.verdict) == (100, 0, "money_lost")


def test_odd_numbers_in_the_log_do_not_stop_the_picture() -> None:
    log = Log().step("account", "deduct", data={"money": {"a": {"account": "x"}, "b": "c", "d": {"paid": "NaN"}}})
    assert drawn(log).money.gap == 0


# --- ghosts and progress ------------------------------------------------------------------------------------------


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


# --- words --------------------------------------------------------------------------------------------------------


def test_a_row_has_a_name_for_those_who_listen() -> None:
    row = drawn(Log().deducted()).rows[-1]
    assert row.accessible == "Step 3, Account, COMMIT Deduct, balance 1,000.00 → 900.00"


def test_idle_time_over_a_second_folds_with_its_length_and_reason() -> None:
    log = Log()("payment", "retry", "scheduled", "charge", data={"wait_ms": 2000, "next_attempt": 2})
    log("payment", "message", "received", "MoneyDeducted", wait_ms=2100)
    row = drawn(log).rows[-1]
    assert (row.gap, row.gap_why) == ("2.1 s", "back-off")
    assert drawn(log).rows[-2].gap == ""


def test_time_in_the_queue_is_read_from_the_two_events() -> None:
    log = Log().sent("api", "account", "WithdrawalRequested")
    log("account", "message", "received", "WithdrawalRequested", caused_by=2, wait_ms=30)
    assert drawn(log).rows[-1].label.note == "waited 30 ms in queue"


def test_a_committed_refusal_is_told_from_a_success() -> None:
    change = {"store": "payment", "row": "payments/1", "before": None, "after": {"status": "FAILED"}}
    row = drawn(Log().step("payment", "charge", changes=(change,))).rows[-1]
    assert row.label.tone == "warn"
    assert "declined" in row.sentence


def test_an_unknown_kind_is_a_plain_row() -> None:
    row = drawn(Log()("moon", "tide", "turned", "spring", error="wet", data={"x": 1})).rows[-1]
    assert (row.label.word, row.label.what, row.label.note) == ("tide turned", "spring", "wet")
    assert row.sentence


def test_no_value_of_the_log_can_break_a_sentence() -> None:
    log = Log()("payment", "step", "rollback", "charge", error="100% %(lane)s {x}")
    log("client", "finished", "failed", "failed", data={"outcome": "50% off %(sum)s"})
    sentences = [row.sentence for row in drawn(log).rows]
    assert "100% %(lane)s {x}" in sentences[1]
    assert "50% off %(sum)s" in sentences[2]


def test_feeding_one_by_one_or_all_at_once_is_the_same() -> None:
    log = Log().deducted().sent("account", "payment", "MoneyDeducted").finished("failed", "consistent")
    one = Picture(Run(), Plan())
    rows = [one.feed(event) for event in log.events]
    assert rows == drawn(log).rows == one.rows
