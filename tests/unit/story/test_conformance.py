"""The laws of a run log, on the textbook path of each protocol and on what is made of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from distviz.story.conformance import laws
from distviz.story.picture.ghosts import name_of
from distviz.story.words.sentences import SENTENCES, english
from protocols.registry import PROTOCOLS
from tests.support.made_up_run import Event, Log

SAGA = PROTOCOLS["saga"]


def textbook(protocol: str) -> list[Event]:
    """Everything once, in the order of the path."""
    log = Log()
    for step in (one for one in PROTOCOLS[protocol].steps if not one.compensation):
        name = name_of(step)
        if step.to:
            log.sent(step.lane, step.to, name)(step.to, "message", "received", name, span_id=f"{name}>{step.to}")
        else:
            worked(log, step.lane, name)
        if name == "decide":
            log(step.lane, "decision", "made", "COMMIT")
    return log.finished("succeeded", "consistent").events


def worked(log: Log, lane: str, name: str) -> Log:
    return log(lane, "step", "begin", name, span_id=name)(lane, "step", "commit", name, span_id=name)


def renumbered(events: Sequence[Event]) -> list[Event]:
    return [replace(event, seq=place) for place, event in enumerate(events, start=1)]


def broken(events: Sequence[Event], protocol: str = "saga") -> tuple[int | None, str]:
    """(the first event that is not legal, the law)."""
    found = laws.check(PROTOCOLS[protocol], renumbered(events))
    return found.seq, found.why.code if found.why else ""


def at(events: Sequence[Event], *what: str) -> int:
    """The place of the first event of that kind, phase and name."""
    told = [(event.kind, event.phase, event.name)[: len(what)] for event in events]
    return told.index(what)


@pytest.mark.parametrize("protocol", list(PROTOCOLS))
def test_the_textbook_is_legal_and_so_is_each_beginning_of_it(protocol: str) -> None:
    events = textbook(protocol)
    for length in range(1, len(events) + 1):
        found = laws.check(PROTOCOLS[protocol], events[:length])
        assert (found.legal, found.checked) == (True, length)


@pytest.mark.parametrize(
    ("protocol", "step"),
    [
        (key, name_of(step))
        for key, protocol in PROTOCOLS.items()
        for step in protocol.steps
        if not step.to and not step.compensation and name_of(step) != "project"  # many runs at once
    ],
)
def test_a_step_taken_out_is_missed(protocol: str, step: str) -> None:
    events = [event for event in textbook(protocol) if (event.kind, event.name) != ("step", step)]
    seq, law = broken(events, protocol)
    assert law in ("law_done", "law_decide", "law_after", "law_path")
    assert seq


def test_the_first_event_that_is_not_legal_is_named() -> None:
    events = textbook("saga")
    begun, received = at(events, "step", "begin", "charge"), at(events, "message", "received", "MoneyDeducted")
    events[begun], events[received] = events[received], events[begun]
    found = laws.check(SAGA, renumbered(events))
    assert found.as_dict() == {
        "legal": False,
        "first": {
            "seq": received + 1,
            "rule": "law_received",
            "says": "“charge” begins before what sets it off was received: MoneyDeducted.",
        },
        "checked": received + 1,
    }


def test_laws_of_every_log() -> None:
    events = textbook("saga")
    last = len(events)
    assert broken([*events, events[-1]]) == (last + 1, "law_end_once")
    assert broken([*events, events[3]]) == (last + 1, "law_after_end")
    assert broken([*events[:4], events[0], *events[4:]]) == (5, "law_request_first")
    assert broken(events[1:]) == (1, "law_request_first")
    sent = at(events, "message", "sent", "MoneyDeducted")
    assert broken([*events[:sent], *events[sent + 1 :]]) == (sent + 1, "law_sent")
    begun = at(events, "step", "begin", "charge")
    assert broken([*events[:begun], *events[begun + 1 :]]) == (begun + 1, "law_begin")
    done = at(events, "step", "commit", "charge")
    assert broken([*events[:done], *events[done + 1 :]]) == (done + 1, "law_done")
    assert broken(Log()("account", "hold", "released", "account.in_tx").events) == (2, "law_held")
    unheard = [event for event in textbook("outbox") if event.name != "deduct"]
    assert broken(unheard, "outbox")[1] == "law_after"


def test_what_is_not_begun_is_not_compensated_and_who_gives_back_does_so() -> None:
    log = Log().sent("api", "account", "WithdrawalRequested")
    log("account", "message", "received", "WithdrawalRequested")
    log("account", "step", "begin", "refund", data={"compensates": "deduct"})
    assert broken(log.events) == (4, "law_compensates")
    end = Log().finished("compensated", "consistent").events[-1]
    assert broken([*textbook("saga")[:-1], end])[1] == "law_given_back"


def test_a_decision_binds() -> None:
    events = textbook("two_phase")
    made = at(events, "decision")
    abort = replace(events[made], name="ABORT")
    assert broken([*events[: made + 1], abort], "two_phase") == (made + 2, "law_one_decision")
    seq, law = broken([*events[:made], abort, *events[made + 1 :]], "two_phase")
    assert (events[(seq or 0) - 1].name, law) == ("commit_account", "law_decided")
    back = replace(events[made], kind="step", phase="begin", name="roll_back_account", lane="account")
    assert broken([*events[: made + 1], back], "two_phase") == (made + 2, "law_against_decision")
    assert broken([*events[: made - 1], *events[made:]], "two_phase") == (made, "law_decide")
    unsaid = [event for event in events if event.name != "PaymentVoted"]
    assert broken(unsaid, "two_phase") == (made - 1, "law_votes")


def test_who_is_late_finds_the_decision_and_needs_no_order() -> None:
    events = textbook("two_phase")
    decided = at(events, "step", "commit", "decide")
    back = Log()("account", "step", "begin", "roll_back_account", span_id="late").events[-1]
    assert broken([*events[:decided], back], "two_phase") == (None, "")
    assert broken([*events[: decided - 1], back], "two_phase") == (decided, "law_received")


def again(log: Log, attempt: int, **more: Any) -> Log:
    """The payment once more, in a span of its own."""
    span = f"s-{attempt}"
    log("payment", "message", "received", "MoneyDeducted", attempt=attempt, span_id=span)
    return log("payment", "step", "begin", "charge", attempt=attempt, span_id=span, **more)


def taken() -> Log:
    log = Log().sent("api", "account", "WithdrawalRequested")
    log("account", "message", "received", "WithdrawalRequested", span_id="a")
    return worked(log, "account", "deduct").sent("account", "payment", "MoneyDeducted", copies=2)


def test_repetitions_and_copies_are_legal() -> None:
    """A process that is killed leaves a begin without an end; its message comes again, and so does a copy."""
    log = again(again(taken(), 1), 2)("payment", "step", "rollback", "charge", attempt=2, span_id="s-2")
    again(log, 3)("payment", "step", "commit", "charge", attempt=3, span_id="s-3")
    log.sent("payment", "notification", "PaymentProcessed")
    again(log, 1)("payment", "step", "commit", "charge", span_id="s-1")
    log.sent("payment", "notification", "PaymentProcessed")
    assert broken(log.events) == (None, "")


def test_giving_up_and_recovery_leave_the_path() -> None:
    log = again(taken(), 4)("payment", "step", "rollback", "charge", attempt=4, span_id="s-4")
    assert broken([*log.events, *log.sent("payment", "account", "PaymentFailed").events[-1:]])[1] == "law_done"
    log = again(taken(), 4)("payment", "step", "rollback", "charge", attempt=4, span_id="s-4")
    log("payment", "retry", "exhausted", "charge")
    said = Log().sent("payment", "account", "PaymentFailed").events[-1]
    assert broken([*log.events, said]) == (None, "")
    worked(log, "payment", "give up").sent("payment", "account", "PaymentFailed")
    assert broken(log.events) == (None, "")
    swept = Log().sent("api", "account", "WithdrawalRequested", "lost")
    swept("account", "sweep", "redriven", "WithdrawalRequested")
    assert broken(worked(swept, "account", "deduct").events) == (None, "")


def test_a_stranger_s_log_may_have_anything_in_it() -> None:
    log = Log()("account", "step", "begin", "who knows", data=[1])  # type: ignore[arg-type]
    log("account", "decision", "made", "MAYBE", data=None)("api", "message", "parked", "x", data={"mid": [{}]})
    assert broken(log.events)[1] == "law_decide"


def test_each_law_has_a_sentence() -> None:
    for events in ([*textbook("saga"), *textbook("saga")[-1:]], textbook("saga")[1:]):
        why = laws.check(SAGA, events).why
        assert why
        assert why.code in SENTENCES
        assert english(why).endswith(".")
