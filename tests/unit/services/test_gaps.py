"""What was lost and what was overpaid, from the runs up."""

from decimal import Decimal
from typing import Any

from distviz.services import gaps


def rows(**amounts: int) -> dict[str, dict[str, Any]]:
    return {run: {"amount": Decimal(amount)} for run, amount in amounts.items()}


def test_a_loss_and_a_double_payment_do_not_cancel() -> None:
    found = gaps.between(taken=rows(lost=10, twice=10, fine=10), paid=rows(twice=20, fine=10), still_open=set())
    assert (found.lost, found.overpaid, found.in_flight) == (10, 10, 0)
    assert found.explained == 0
    assert set(found.ended) == {"lost", "twice"}


def test_what_an_open_run_has_taken_is_in_flight_and_what_it_paid_twice_is_overpaid() -> None:
    found = gaps.between(taken=rows(a=10, b=10), paid=rows(b=30), still_open={"a", "b"})
    assert (found.lost, found.overpaid, found.in_flight) == (0, 20, 10)
    assert found.explained == -10


def test_a_payment_without_a_deduction_is_overpaid() -> None:
    assert gaps.between(taken={}, paid=rows(a=5), still_open=set()).overpaid == 5
