"""What no broker of ours would send: named, never believed."""

import json
import uuid
from typing import Any

import pytest

from distviz.celery import app
from distviz.trace import context, envelopes, signing
from distviz.trace.messages import from_wire
from protocols.saga.events import MoneyDeducted
from tests.support.garbage import Maker, args, as_bytes, items

AT = Maker("payment", signing._key())
ITEMS = items("payment", AT.key)
WIRE = {"type": "saga.MoneyDeducted", "tx_id": str(uuid.uuid4()), "user_id": "alice", "amount": "100.00"}
NOTE = {"mode": "run", "traceparent": f"00-{'1' * 32}-{'2' * 16}-01", "cause": None, "faults": []}


def read(item: dict[str, Any]) -> Any:
    return envelopes.read(as_bytes(item), "payment", app.tasks)


def test_what_celery_writes_is_read() -> None:
    plain = AT.envelope(args([WIRE, NOTE]))
    assert read(plain) == plain
    later = AT.envelope(headers__eta="2020-01-01T00:00:00+00:00", headers__redelivered=True)
    assert read(later) == later
    tick = AT.envelope(args(["payment"], {"chain": None}), headers__task="distviz.sweep")
    assert read(tick) == tick
    link = {"task": "dual_write.payment.charge", "args": [], "kwargs": {}, "options": {"queue": "payment"}}
    chained = AT.envelope(args([WIRE, NOTE], {"chain": [link]}), headers__task="dual_write.payment.charge")
    assert read(chained) == chained
    errback = {**link, "task": "orchestrated.coordinator.turn_back", "options": {}}
    forward = {**link, "options": {"link_error": [errback]}}
    failing = AT.envelope(args([WIRE, NOTE], {"chain": [forward], "errbacks": [errback]}), headers__task=link["task"])
    assert read(failing) == failing


@pytest.mark.parametrize(
    "foreign", [{"task": "celery.backend_cleanup"}, {"args": [1]}, {"kwargs": {"a": 1}}, {"options": 7}]
)
def test_what_is_called_after_a_failure_is_one_of_ours(foreign: dict[str, Any]) -> None:
    """In the message itself, or in a link that is still to come."""
    good = {"task": "orchestrated.coordinator.turn_back", "args": [], "kwargs": {}, "options": {}}
    link = {
        "task": "dual_write.payment.charge",
        "args": [],
        "kwargs": {},
        "options": {"link_error": [{**good, **foreign}]},
    }
    for embed in ({"errbacks": [{**good, **foreign}]}, {"chain": [link]}):
        with pytest.raises(envelopes.Garbage):
            read(AT.envelope(args([WIRE, NOTE], embed), headers__task="dual_write.payment.charge"))


@pytest.mark.parametrize("name", ITEMS)
def test_garbage_is_told_apart(name: str) -> None:
    with pytest.raises(envelopes.Garbage):
        envelopes.read(ITEMS[name], "payment", app.tasks)


@pytest.mark.parametrize("name", ITEMS)
def test_whatever_it_is_people_can_read_it(name: str) -> None:
    text = envelopes.body_of(ITEMS[name])
    assert len(text) < 500_000
    json.dumps(text)


def test_the_body_is_shown_decoded() -> None:
    assert WIRE["tx_id"] in envelopes.body_of(as_bytes(AT.envelope(args([WIRE, 7]))))


@pytest.mark.parametrize(
    "change",
    [
        {"user_id": {}},
        {"user_id": 7},
        {"user_id": "a\x00b"},
        {"user_id": "\ud800"},
        {"user_id": "x" * 2000},
        {"timestamp": [1]},
        {"amount": "NaN"},
        {"amount": None},
        {"tx_id": 7},
        {"type": "os.system"},
        {"reason": 7},
    ],
)
def test_a_message_of_wrong_values_is_none(change: dict[str, Any]) -> None:
    assert isinstance(from_wire(WIRE), MoneyDeducted)
    with pytest.raises(Exception):
        from_wire({**WIRE, **change})


@pytest.mark.parametrize(
    "change", [{"cause": "banana"}, {"cause": 10**20}, {"mode": "x" * 50}, {"faults": [7]}, {"faults": [[1] * 5]}]
)
def test_a_note_of_wrong_values_is_none(change: dict[str, Any]) -> None:
    assert context.read_note({**NOTE, "faults": [[1, "payment.in_tx", "crash", 1, 0]]})
    with pytest.raises((ValueError, TypeError)):
        context.read_note({**NOTE, **change})
