"""The waterfall is a pure fold of the log: spans, what they waited for, and how they ended."""

from datetime import timedelta
from typing import Any

from distviz.story.waterfall import reading, states
from distviz.story.waterfall.axis import FULL, Axis
from distviz.story.waterfall.fold import Waterfall
from distviz.story.waterfall.lines import SpanLine, trace
from distviz.story.waterfall.spans import Span
from tests.support.made_up_run import START, Log, Plan


def spans(log: Log, upto_ms: float | None = None) -> list[Span]:
    now = None if upto_ms is None else START + timedelta(milliseconds=10 + upto_ms)
    return reading.spans(Waterfall().feed_all(log.events), now)


def lines(log: Log) -> list[SpanLine]:
    return trace(log.events, Plan()).lines


def taken(log: Log, name: str, cause: int, span: str, *, lane: str = "payment", wait_ms: int = 10, **more: Any) -> Log:
    return log(lane, "message", "received", name, caused_by=cause, span_id=span, wait_ms=wait_ms, **more)


def sent() -> Log:
    return Log().sent("account", "payment", "MoneyDeducted")


def test_a_message_that_is_handled_is_a_bar_with_its_wait_and_its_steps() -> None:
    log = taken(sent(), "MoneyDeducted", 2, "aa", wait_ms=40)
    log("payment", "step", "begin", "charge", span_id="aa")("payment", "step", "commit", "charge", span_id="aa")
    span = spans(log.finished("succeeded", "consistent"))[1]
    assert (span.kind, span.start, span.end, span.state) == ("attempt", 50, 70, states.OK)
    assert [(wait.kind, wait.start, wait.end) for wait in span.before] == [("queue", 10, 50)]
    assert [(step.name, step.start, step.end, step.state) for step in span.steps] == [("charge", 60, 70, states.OK)]


def test_a_failed_attempt_is_marked_and_its_back_off_stands_before_the_next() -> None:
    log = taken(sent(), "MoneyDeducted", 2, "aa")
    log("payment", "step", "begin", "charge", span_id="aa")
    log("payment", "step", "rollback", "charge", span_id="aa", error="no")
    log("payment", "retry", "scheduled", "pay", span_id="aa", error="no", data={"wait_ms": 100})
    taken(log, "MoneyDeducted", 3, "bb", attempt=2, wait_ms=130).finished("succeeded", "consistent")
    first, second = spans(log)[1:]
    assert (first.state, first.why, first.steps[0].state) == (states.FAILED, "no", states.FAILED)
    assert [(wait.kind, wait.ms(0)) for wait in second.before] == [("backoff", 100), ("queue", 30)]
    drawn = lines(log)
    assert [line.glyph for line in drawn[1:3]] == ["cross", "cross"]
    assert "attempt 2" in drawn[3].notes


def test_a_killed_process_ends_its_bar_and_the_lane_is_down_until_the_next_one() -> None:
    log = taken(sent(), "MoneyDeducted", 2, "aa")("payment", "step", "begin", "charge", span_id="aa")
    log("payment", "fault", "fired", "crash", span_id="aa", caused_by=4)
    taken(log, "MoneyDeducted", 2, "bb", attempt=2, wait_ms=500).finished("succeeded", "consistent")
    killed, again = spans(log)[1:]
    assert (killed.state, killed.end, killed.steps[0].state, killed.steps[0].end) == (
        states.CRASHED,
        40,
        states.INTERRUPTED,
        40,
    )
    assert [(wait.kind, wait.ms(0)) for wait in again.before] == [("down", 500)]


def test_what_was_killed_from_outside_could_not_say_so() -> None:
    log = taken(sent(), "MoneyDeducted", 2, "aa")("payment", "step", "begin", "charge", span_id="aa")
    taken(log, "MoneyDeducted", 2, "bb", attempt=2, wait_ms=500)
    killed, again = spans(log)[1:]
    assert (killed.state, killed.steps[0].state) == (states.INTERRUPTED, states.INTERRUPTED)
    assert again.state == states.OPEN


def test_a_run_in_progress_grows_until_now() -> None:
    log = taken(sent(), "MoneyDeducted", 2, "aa")("payment", "step", "begin", "charge", span_id="aa")
    root, span = spans(log, 1000)
    assert (root.end, span.end, span.state, span.steps[0].state) == (None, None, states.OPEN, states.OPEN)


def test_messages_that_were_not_received() -> None:
    log = Log().sent("api", "account", "A").sent("api", "account", "B", "lost").sent("api", "account", "C", "parked")
    assert [span.state for span in spans(log)[1:]] == [states.QUEUED, states.LOST, states.PARKED]
    log("api", "message", "dropped", "C", to="account", data={"mid": "C"})
    assert spans(log.finished("failed", "consistent"))[3].state == states.LOST


def test_a_parked_message_waits_for_its_delivery_and_then_in_the_queue() -> None:
    log = Log().sent("account", "payment", "C", "parked")
    log("account", "message", "delivered", "C", to="payment", data={"mid": "C"}, wait_ms=300)
    span = spans(taken(log, "C", 3, "aa", wait_ms=20).finished("succeeded", "consistent"))[1]
    assert [(wait.kind, wait.ms(0)) for wait in span.before] == [("parked", 300), ("queue", 20)]


def test_locks_are_held_from_prepare_to_the_decision() -> None:
    log = taken(sent(), "Prepare", 2, "aa")("payment", "step", "begin", "charge", span_id="aa")
    log("payment", "step", "prepared", "charge", span_id="aa")
    held = spans(log)[1].steps[1]
    assert (held.kind, held.end) == ("locks", None)
    taken(log, "Commit", 2, "bb", wait_ms=200)("payment", "step", "begin", "commit", span_id="bb")
    log("payment", "step", "commit", "commit", span_id="bb").finished("succeeded", "consistent")
    held = spans(log)[1].steps[1]
    assert held.end is not None
    assert held.end - held.start == 220


def test_a_hold_belongs_to_the_step_that_stands_still() -> None:
    log = taken(sent(), "MoneyDeducted", 2, "aa")("payment", "step", "begin", "charge", span_id="aa")
    log("payment", "hold", "held", "payment.in_tx", caused_by=4)
    log("payment", "hold", "released", "payment.in_tx", caused_by=4, wait_ms=900)
    assert [(wait.kind, wait.ms(0)) for wait in spans(log)[1].inside] == [("held", 900)]


def test_long_pauses_are_folded_and_the_rest_is_linear() -> None:
    axis = Axis([0, 10, 20, 5000, 5010, 5020])
    assert [(fold.start, fold.end) for fold in axis.folds] == [(20, 5000)]
    assert axis.at(10) - axis.at(0) == axis.at(20) - axis.at(10)
    assert abs((axis.at(5010) - axis.at(5000)) - axis.at(10)) < 1e-9
    assert axis.at(5000) - axis.at(20) == axis.folds[0].width
    assert abs(axis.at(5020) - FULL) < 1e-9
    assert all(not 20 < tick.ms < 5000 for tick in axis.ticks())


def test_an_axis_of_one_time_and_of_many_folds_stays_on_the_picture() -> None:
    assert Axis([]).at(0) == 0
    many = Axis(number * 1000.0 for number in range(40))
    assert abs(many.at(39_000) - 40.0) < 1e-6
    assert many.width == 40.0 / 39


def test_every_row_has_its_place_its_link_and_its_words() -> None:
    log = taken(sent(), "MoneyDeducted", 2, "aa")("payment", "step", "begin", "charge", span_id="aa")
    log("payment", "step", "commit", "charge", span_id="aa").finished("succeeded", "consistent")
    drawn = lines(log)
    assert [(line.level, line.anchor, line.title) for line in drawn] == [
        (0, "w-run-1", "The whole run"),
        (1, "s-aa", "MoneyDeducted"),
        (2, "w-step-4", "Pay"),
    ]
    assert [line.took for line in drawn] == ["50 ms", "20 ms", "10 ms"]
    assert drawn[1].waits == "in the queue 10 ms"
    assert all(shape.x.endswith("%") and "," not in shape.x for line in drawn for shape in line.shapes)


def copies() -> Log:
    """Two copies of one message, whose handlings overlap."""
    log = Log().sent("account", "payment", "MoneyDeducted", copies=2)
    for number, span in ((1, "aa"), (2, "bb")):
        taken(log, "MoneyDeducted", 2, span, attempt=number)
        log("payment", "step", "begin", "charge", span_id=span, caused_by=len(log.events), attempt=number)
    return log


def test_copies_that_are_handled_at_the_same_time_are_two_bars_with_an_end_each() -> None:
    log = copies()("payment", "step", "commit", "charge", span_id="aa", caused_by=4)
    log("payment", "step", "commit", "charge", span_id="bb", caused_by=6)
    first, second = spans(log.finished("inconsistent", "paid_twice"))[1:]
    assert [(span.state, span.steps[0].state, span.steps[0].end) for span in (first, second)] == [
        (states.OK, states.OK, 60),
        (states.OK, states.OK, 70),
    ]
    assert [wait.kind for wait in second.before] == ["queue"]  # no worker was down
    assert [line.notes for line in lines(log) if line.span.kind == "attempt"] == [(), ("of a copy",)]


def test_a_message_that_is_handled_anew_interrupts_the_handling_without_an_end() -> None:
    log = taken(sent(), "MoneyDeducted", 2, "aa")("payment", "step", "begin", "charge", span_id="aa", caused_by=3)
    taken(log, "MoneyDeducted", 2, "bb", attempt=2)
    assert spans(log)[1].state == states.INTERRUPTED
    assert spans(log)[1].steps[0].state == states.INTERRUPTED
    log("payment", "step", "commit", "charge", span_id="aa", caused_by=4)  # it was not dead after all
    assert (spans(log)[1].state, spans(log)[1].steps[0].state) == (states.OK, states.OK)
