from typing import Any

import pytest

import protocols.registry
from distviz.errors import BadRequest
from distviz.trace import faults


def test_a_fault_as_the_contract_writes_it() -> None:
    assert faults.parse([{"at": "payment.in_tx", "do": "crash"}]) == [faults.FaultSpec("payment.in_tx", "crash")]
    given = {"at": "message.MoneyDeducted", "do": "delay", "times": 99, "ms": 0}
    assert faults.parse([given]) == [faults.FaultSpec("message.MoneyDeducted", "delay", 99, 0)]


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"do": "crash"}, "faults[0].at"),
        ({"at": "payment", "do": "crash"}, "faults[0].at"),
        ({"at": ["payment.in_tx"], "do": "crash"}, "faults[0].at"),
        ({"at": "payment.in_tx", "do": "drop"}, "faults[0].do"),
        ({"at": "payment.after_commit", "do": "decline"}, "faults[0].do"),
        ({"at": "message.MoneyDeducted", "do": "crash"}, "faults[0].do"),
        ({"at": "payment.in_tx", "do": "crash", "times": 100}, "faults[0].times"),
        ({"at": "payment.in_tx", "do": "crash", "times": True}, "faults[0].times"),
        ({"at": "payment.in_tx", "do": "delay", "ms": 30_001}, "faults[0].ms"),
        ({"at": "payment.in_tx", "do": "delay", "ms": 1.5}, "faults[0].ms"),
        ({"at": "payment.in_tx", "do": "crash", "code": "import os"}, "faults[0].code"),
        ("crash", "faults[0]"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(fault: Any, field: str) -> None:
    with pytest.raises(BadRequest) as refused:
        faults.parse([fault])
    assert refused.value.field == field


def test_the_list_itself_is_bounded() -> None:
    for wrong in ({}, "crash", [{"at": "payment.in_tx", "do": "crash"}] * 21):
        with pytest.raises(BadRequest):
            faults.parse(wrong)


def test_every_step_of_every_protocol_hangs_on_known_points() -> None:
    for protocol in protocols.registry.PROTOCOLS.values():
        for step in protocol.steps:
            for point, actions in step.points():
                assert actions == list(faults.POINTS[point])
