"""The read models are a fold too: of any prefix, in any cut, with the same result."""

from decimal import Decimal
from typing import Any

import pytest

from distviz.trace import faults
from protocols.event_sourcing.projection import project
from protocols.event_sourcing.protocol import PROTOCOL

W = "0b1f0a52-6a4e-4d0b-9a0e-0d7b7f3a1a01"
AT = "2030-01-01 00:00:00+00"
Row = tuple[Any, ...]


def row(position: int, name: str, version: int, kind: str, amount: str | None = None) -> Row:
    return (position, name, version, kind, W, amount, AT)


STREAM = [
    row(1, "alice", 1, "MoneyDeposited", "1000.00"),
    row(2, "bob", 1, "MoneyDeposited", "50.00"),
    row(3, "alice", 2, "WithdrawalRequested", "100.00"),
    row(5, "alice", 3, "BalanceChecked", "100.00"),
    row(6, "alice", 4, "MoneyDeducted", "100.00"),
    row(8, "alice", 5, "PaymentFailed", "100.00"),
    row(9, "alice", 6, "MoneyRefunded", "100.00"),
]


def views(*batches: list[Row]) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    balances: dict[str, dict[str, Any]] = {}
    history = [line for batch in batches for line in project(balances, batch)]
    return balances, history


def test_balances_and_history() -> None:
    balances, history = views(STREAM)
    assert balances["alice"] == {
        "account": "alice",
        "balance": Decimal("1000.00"),
        "version": 6,
        "position": 9,
        "at": AT,
        "error": "",
    }
    assert [(line["position"], line["delta"], line["balance"]) for line in history if line["account"] == "alice"] == [
        (1, Decimal("1000.00"), Decimal("1000.00")),
        (6, Decimal("-100.00"), Decimal("900.00")),
        (9, Decimal("100.00"), Decimal("1000.00")),
    ]


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_every_cut_into_batches_gives_the_same(cut: int) -> None:
    assert views(STREAM[:cut], STREAM[cut:]) == views(STREAM)


@pytest.mark.parametrize(
    "poison",
    [
        row(10, "alice", 7, "SomethingElse"),
        row(10, "alice", 9, "MoneyDeducted", "1.00"),
        row(10, "alice", 6, "MoneyDeducted", "1.00"),
        row(10, "alice", 7, "MoneyDeducted"),
        row(10, "alice", 7, "MoneyDeducted", "much"),
    ],
)
def test_what_makes_no_sense_parks_its_stream_and_no_other(poison: Row) -> None:
    later = [row(11, "alice", 8, "MoneyDeducted", "1.00"), row(12, "bob", 2, "MoneyDeducted", "1.00")]
    balances, history = views([*STREAM, poison, *later])
    alice, bob = balances["alice"], balances["bob"]
    assert (alice["balance"], alice["version"], alice["position"]) == (Decimal("1000.00"), 6, 9)
    assert alice["error"]
    assert (bob["balance"], bob["error"]) == (Decimal("49.00"), "")
    assert [line["position"] for line in history][-1] == 12


def test_the_projector_has_its_fault_point() -> None:
    assert faults.POINTS["projector.in_batch"] == ("error", "delay", "hold", "crash")
    step = next(step for step in PROTOCOL.steps if step.key == "project")
    assert step.points() == [("projector.in_batch", ["error", "delay", "hold", "crash"])]
    assert list(PROTOCOL.lanes) == ["client", "api", "account", "payment", "notification", "read_model"]
