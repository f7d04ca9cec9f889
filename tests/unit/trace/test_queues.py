"""Which queue a message goes into, and what is let into which."""

from typing import Any

import pytest
from celery import current_app

from distviz.stack.layout import PLAIN
from distviz.trace import context, envelopes, signing
from distviz.trace.queues import queue_for, takes
from tests.support.garbage import Maker, args, as_bytes

CRASH = context.FaultRef(1, "payment.in_tx", "crash", 1, 0)


def note(**more: Any) -> dict[str, Any]:
    return context.Delivery("a run", protocol="saga", **more).note()


ORDINARY = note()
SPECIAL = [
    note(faults=[CRASH]),
    note(mode="step"),
    {**ORDINARY, "again": True},
    {**ORDINARY, "on_purpose": True},
    {},
]


def test_a_message_of_a_run_of_which_nothing_special_is_asked_is_for_a_thread() -> None:
    assert queue_for("payment", ORDINARY) == PLAIN["payment"]


@pytest.mark.parametrize("special", SPECIAL)
def test_what_may_be_killed_or_held_is_for_a_process(special: dict[str, Any]) -> None:
    assert queue_for("payment", special) == "payment"


@pytest.mark.parametrize(
    ("queue", "own", "given", "may"),
    [
        ("payment", "payment", [{}, note(faults=[CRASH])], True),
        ("payment", "payment", [{}, ORDINARY], True),
        ("payment", "account", [{}, ORDINARY], False),
        ("payment", None, ["payment"], True),
        ("payment.plain", "payment", [{}, ORDINARY], True),
        ("payment.plain", "payment", [{}, {**ORDINARY, "again": True}], True),
        ("payment.plain", "payment", [{}, note(faults=[CRASH])], False),
        ("payment.plain", "payment", [{}, note(mode="step")], False),
        ("payment.plain", "account", [{}, ORDINARY], False),
        ("payment.plain", None, ["payment.plain"], False),
        ("payment.plain", "payment", [], False),
        ("payment.plain", "payment", "nothing of the kind", False),
    ],
)
def test_what_is_let_in(queue: str, own: str | None, given: Any, may: bool) -> None:
    assert takes(queue, own, given) is may


def test_a_failure_that_stands_where_threads_read_is_garbage() -> None:
    """Whoever signed it: it would kill what others do there."""
    maker = Maker(PLAIN["payment"], signing._key())
    told = {"headers__task": "saga.payment.charge"}

    def read(beside: dict[str, Any]) -> Any:
        return envelopes.read(as_bytes(maker.envelope(args([{}, beside]), **told)), maker.queue, current_app.tasks)

    assert read(ORDINARY)["headers"]["task"] == "saga.payment.charge"
    with pytest.raises(envelopes.Garbage) as refused:
        read(note(faults=[CRASH]))
    assert refused.value.reason.code == "garbage_other_queue"
