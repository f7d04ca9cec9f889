"""A fold of idle time says what was waited for: everything that was open then."""

from collections.abc import Callable

import pytest

from tests.support.made_up_run import Log, drawn

LONG = 1700


def taken(log: Log, span: str = "s1") -> Log:
    log.sent("account", "payment", "MoneyDeducted")
    log("payment", "message", "received", "MoneyDeducted", caused_by=len(log.events), span_id=span, data={"mid": "m"})
    return log("payment", "step", "begin", "charge", caused_by=len(log.events), span_id=span)


def held(log: Log) -> Log:
    return taken(log)("payment", "hold", "held", "payment.in_tx", span_id="s1", caused_by=4)


def beside_a_rival(log: Log) -> Log:
    return held(log)("client", "operator", "rival", "rival", data={"rival": "x", "amount": "1.00"})


def locked(log: Log) -> Log:
    return taken(log)("payment", "lock", "waiting", "accounts/alice", span_id="s1", caused_by=4)


def locked_and_more(log: Log) -> Log:
    return locked(log)("notification", "step", "begin", "notify", span_id="s2")(
        "notification", "step", "commit", "notify", span_id="s2", caused_by=6
    )


def backing_off(log: Log) -> Log:
    return taken(log)("payment", "step", "rollback", "charge", span_id="s1", caused_by=4, error="no")(
        "payment", "retry", "scheduled", "charge", span_id="s1", data={"wait_ms": 1600, "mid": "m"}
    )


def killed(log: Log) -> Log:
    return taken(log)("payment", "fault", "fired", "crash", span_id="s1", caused_by=4)


def swept(log: Log) -> Log:
    return killed(log)("api", "sweep", "redriven", "MoneyDeducted")


def prepared(log: Log) -> Log:
    return taken(log)("payment", "step", "prepared", "charge", span_id="s1", caused_by=4)


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (lambda log: log, "idle"),
        (lambda log: log.sent("account", "payment", "MoneyDeducted"), "in the queue"),
        (lambda log: log.sent("account", "payment", "MoneyDeducted", "delayed", ms=1600), "on its way"),
        (lambda log: log.sent("account", "payment", "MoneyDeducted", "parked"), "parked"),
        (held, "held"),
        (beside_a_rival, "held"),
        (locked, "waits for a lock"),
        (locked_and_more, "waits for a lock"),
        (backing_off, "back-off"),
        (killed, "worker down"),
        (swept, "worker down"),
        (taken, "in progress"),
        (prepared, "locks held"),
    ],
)
def test_the_reason_comes_from_everything_that_is_open(meanwhile: Callable[[Log], Log], why: str) -> None:
    log = meanwhile(Log())
    row = drawn(log("api", "sweep", "redriven", "X", wait_ms=LONG)).rows[-1]
    assert (row.gap, row.gap_why) == ("1.7 s", why)


def test_two_things_that_are_open_are_both_named() -> None:
    log = held(prepared_elsewhere())
    assert drawn(log("api", "sweep", "redriven", "X", wait_ms=LONG)).rows[-1].gap_why == "held · locks held"


def prepared_elsewhere() -> Log:
    log = Log()("account", "step", "begin", "prepare", span_id="s9")
    return log("account", "step", "prepared", "prepare", span_id="s9", caused_by=2)
