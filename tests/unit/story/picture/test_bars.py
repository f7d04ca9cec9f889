"""What stands on the lanes: a transaction is a bar, a message is an arrow."""

from typing import Any

import pytest

from distviz.story.picture.rows import Row
from tests.support.made_up_run import Log, Plan, Step, drawn


def cell(row: Row, lane: str) -> tuple[str, str, str]:
    found = next(one for one in row.cells if one.lane == lane)
    return found.up, found.joint, found.down


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


@pytest.mark.parametrize("phase", ["failed", "late"])
def test_a_commit_that_could_not_be_executed_leaves_it_prepared(phase: str) -> None:
    log = Log()("payment", "step", "begin", "prepare")("payment", "step", "prepared", "prepare")
    log("api", "decision", "made", "commit")("payment", "step", "begin", "commit")("payment", "step", phase, "commit")
    picture = drawn(log)
    assert cell(picture.rows[-1], "payment") == ("held", "dot", "held")
    assert (picture.status, picture.locked) == ("committing", ["Payment"])
    picture = drawn(log("payment", "step", "begin", "commit")("payment", "step", "commit", "commit"))
    assert picture.locked == []


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
    assert cell(picture.rows[-1], "account") == ("held", "", "held")
    assert cell(picture.rows[-1], "notification") == ("open", "prepared", "pending")  # a texture of its own
    assert (picture.rows[-1].label.note, picture.rows[-1].label.icon) == (
        "a pending document, no lock",
        "envelope",
    )
    assert "holds no lock" in picture.rows[-1].sentence
    assert "its locks are held" in picture.rows[-3].sentence


def test_a_step_that_begins_again_without_an_end_was_killed_from_outside() -> None:
    log = Log()("payment", "step", "begin", "charge")("payment", "step", "begin", "charge", attempt=2)
    assert cell(drawn(log).rows[-1], "payment") == ("open", "torn-begin", "open")


def overlapping(*, copies: int = 2) -> Log:
    """One message is handled in two spans; the second begins before the first has ended."""
    log = Log().sent("account", "payment", "MoneyDeducted", copies=copies)
    for number, span in ((1, "s1"), (2, "s2")):
        log("payment", "message", "received", "MoneyDeducted", span_id=span, caused_by=2, attempt=number)
        log("payment", "step", "begin", "charge", span_id=span, caused_by=len(log.events), attempt=number)
    return log


def beside(row: Row, lane: str) -> list[tuple[str, str, str]]:
    return [(bar.up, bar.joint, bar.down) for one in row.cells if one.lane == lane for bar in one.bars]


def test_transactions_that_overlap_stand_side_by_side_and_none_is_torn() -> None:
    log = overlapping()("payment", "step", "commit", "charge", span_id="s1", caused_by=4)
    log("payment", "step", "rollback", "charge", span_id="s2", caused_by=6)
    rows = drawn(log).rows
    assert [beside(row, "payment") for row in rows[3:]] == [
        [("", "begin", "open")],
        [("open", "", "open")],
        [("open", "", "open"), ("", "begin", "open")],
        [("open", "commit", ""), ("open", "", "open")],
        [("", "", ""), ("open", "rollback", "")],
    ]
    assert [row.label.note for row in rows if row.phase == "begin"] == ["", "for the copy"]


def test_a_crash_tears_the_bar_of_its_own_span() -> None:
    row = drawn(overlapping()("payment", "fault", "fired", "crash", span_id="s2")).rows[-1]
    assert beside(row, "payment") == [("open", "", "open"), ("open", "torn", "")]


def test_a_message_that_is_handled_anew_tears_the_bar_that_has_no_end() -> None:
    log = overlapping(copies=1)
    assert beside(drawn(log).rows[-1], "payment") == [("open", "torn-begin", "open")]


def test_a_process_that_was_taken_for_dead_and_goes_on_is_not_torn_any_more() -> None:
    log = overlapping(copies=1)("payment", "step", "rollback", "charge", span_id="s2", caused_by=6)
    picture = drawn(log)
    assert beside(picture.rows[5], "payment") == [("open", "torn-begin", "open")]
    picture.feed(log("payment", "step", "commit", "charge", span_id="s1", caused_by=4).events[-1])
    assert beside(picture.rows[5], "payment") == [("open", "", "open"), ("", "begin", "open")]
    assert beside(picture.rows[-1], "payment") == [("open", "commit", "")]
    assert picture.rows == drawn(log).rows
    assert picture.corrections == {8: (6, 7)}  # what a live page is sent again


def test_a_repeated_prepare_that_fails_leaves_the_promise_as_it_is() -> None:
    log = Log()("payment", "step", "begin", "prepare", span_id="s1")
    log("payment", "step", "prepared", "prepare", span_id="s1", caused_by=2)
    log("payment", "step", "begin", "prepare", span_id="s2", attempt=2)
    log("payment", "step", "rollback", "prepare", span_id="s2", caused_by=4)
    picture = drawn(log)
    assert cell(picture.rows[-1], "payment") == ("held", "dot", "held")
    assert picture.locked == ["Payment"]


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
    assert [(one.name, one.to_title) for one in drawn(log).progress.parked.values()] == [("MoneyDeducted", "Payment")]
    log("client", "message", "delivered", "MoneyDeducted", data={"mid": "MoneyDeducted", "by": "operator"})
    picture = drawn(log)
    assert not picture.progress.parked
    arrow = picture.rows[-1].arrow
    assert arrow is not None
    assert (arrow.src, arrow.dst) == ("account", "payment")  # the message's way, not the operator's


def test_a_message_to_a_lane_that_is_not_drawn_has_no_arrow_and_breaks_nothing() -> None:
    assert drawn(Log().sent("account", "elsewhere", "X")).rows[-1].arrow is None


# --- recovery, which handles no message -----------------------------------------------------------------------------


def test_two_that_do_the_same_step_without_a_message_are_both_at_work() -> None:
    """A pass of recovery and a worker: nothing says that one of them is dead."""
    log = Log()("api", "step", "begin", "end")("api", "step", "begin", "end", span_id="s2")
    log("api", "step", "commit", "end", caused_by=2)("api", "step", "commit", "end", span_id="s2", caused_by=3)
    rows = drawn(log).rows
    assert [beside(row, "api") for row in rows[1:]] == [
        [("", "begin", "open")],
        [("open", "", "open"), ("", "begin", "open")],
        [("open", "commit", ""), ("open", "", "open")],
        [("", "", ""), ("open", "commit", "")],
    ]


def test_what_is_open_when_the_log_ends_ends_with_it_and_is_not_torn() -> None:
    log = Log()("api", "step", "begin", "end", span_id="s1").finished("succeeded", "consistent")
    assert beside(drawn(log).rows[-1], "api") == [("open", "", "")]
