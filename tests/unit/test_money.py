from decimal import Decimal

import pytest

from distviz import money
from distviz.errors import BadRequest


@pytest.mark.parametrize(("text", "amount"), [("100.00", "100.00"), ("0.01", "0.01"), ("7", "7.00"), ("5.5", "5.50")])
def test_a_plain_amount_is_read_exactly(text: str, amount: str) -> None:
    assert money.parse(text) == Decimal(amount)
    assert money.text(money.parse(text)) == amount


@pytest.mark.parametrize(
    "value",
    [
        "0",
        "0.00",
        "-1",
        "+5",
        "5.",
        ".5",
        "1e3",
        "1_000",
        "1,000",
        "0.001",
        "NaN",
        "Infinity",
        "１２",
        "٣.٥",
        "1111111111",
        "",
        " 5",
        "5 ",
        "5\n",
        None,
        True,
        5,
        5.0,
        [],
        {},
    ],
)
def test_anything_else_is_refused_by_name(value: object) -> None:
    with pytest.raises(BadRequest) as refused:
        money.parse(value)
    assert refused.value.field == "amount"


def test_cents_for_stores_without_decimals() -> None:
    assert money.cents(Decimal("19.99")) == 1999
