"""Every attempt of a message: when it was taken, how it ended, and how long the next one waits."""

from distviz.story import attempts
from distviz.story.attempts import Attempt
from tests.support.made_up_run import Log


def taken(log: Log, span: str, attempt: int = 1, **more: object) -> Log:
    data = {"mid": "m-1", "pid": 100 + attempt}
    return log("payment", "message", "received", "MoneyDeducted", span_id=span, attempt=attempt, data=data, **more)


def failing(log: Log, span: str, attempt: int, wait_ms: int) -> Log:
    taken(log, span, attempt)
    begun = len(log.events) + 1
    log("payment", "step", "begin", "charge", span_id=span, attempt=attempt)
    log("payment", "step", "rollback", "charge", span_id=span, caused_by=begun, error="Transient: no", attempt=attempt)
    data = {"wait_ms": wait_ms, "next_attempt": attempt + 1}
    return log("payment", "retry", "scheduled", "charge", span_id=span, error="Transient: no", data=data)


def two_tries() -> Log:
    log = Log().sent("account", "payment", "MoneyDeducted", mid="m-1")
    failing(log, "a", 1, 200)
    taken(log, "b", 2, wait_ms=250)
    return log("payment", "step", "begin", "charge", span_id="b")("payment", "step", "commit", "charge", span_id="b")


def of(log: Log, seq: int) -> list[Attempt]:
    return attempts.attempts(log.events, log.events[seq - 1])


def test_each_delivery_is_an_attempt_with_its_own_end() -> None:
    first, second = of(two_tries(), 4)
    assert (first.number, first.tone, first.error, first.pid) == (1, "warn", "Transient: no", 101)
    assert (first.took, first.wait, first.until) == ("30 ms", "200 ms", None)
    assert (second.number, second.queued, second.took, second.tone) == (2, "250 ms", "20 ms", "ok")
    assert [first.here, second.here] == [True, False]


def test_a_message_shows_the_attempts_at_it() -> None:
    log = two_tries()
    assert [one.number for one in of(log, 2)] == [1, 2]
    assert [one.here for one in of(log, 2)] == [False, False]


def test_a_wait_under_way_has_a_moment_to_count_down_to() -> None:
    log = failing(Log().sent("account", "payment", "MoneyDeducted", mid="m-1"), "a", 1, 200)
    (only,) = of(log, 3)
    assert only.until is not None
    assert (only.until - log.events[-1].at).total_seconds() == 0.2


def test_what_was_killed_says_so() -> None:
    log = taken(Log(), "a")("payment", "step", "begin", "charge", span_id="a")
    log("payment", "fault", "fired", "crash", span_id="a")
    taken(log, "b", 2)
    killed, open_one = of(log, 3)
    assert (killed.result, killed.tone) == ("killed", "bad")
    assert (open_one.tone, open_one.took) == ("", "")


def test_what_was_killed_from_outside_is_known_by_the_next_attempt() -> None:
    log = taken(taken(Log(), "a"), "b", 2)
    assert [one.tone for one in of(log, 2)] == ["bad", ""]


def test_a_copy_is_an_attempt_that_did_nothing() -> None:
    log = taken(Log(), "a")("payment", "message", "ignored", "MoneyDeducted", span_id="a")
    assert [one.tone for one in of(log, 2)] == ["info"]


def test_a_step_outside_of_a_delivery_has_its_begins() -> None:
    log = Log()("queue", "step", "begin", "publish", attempt=1)("queue", "step", "rollback", "publish", caused_by=2)
    log("queue", "step", "begin", "publish", attempt=2)("queue", "step", "commit", "publish", caused_by=4)
    assert [(one.number, one.tone) for one in of(log, 5)] == [(1, "bad"), (2, "ok")]


def test_a_request_is_no_attempt() -> None:
    assert of(two_tries(), 1) == []
