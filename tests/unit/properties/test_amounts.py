"""Amounts: exact to the cent, and nothing but plain digits is one."""

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from distviz import money
from distviz.errors import BadRequest
from tests.support.generated import JSON

CENTS = st.integers(1, 99_999_999_999)
PLAIN = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")
ALMOST = st.from_regex(r"[ +\-]?[0-9_٣１]{0,12}[.,]?[0-9e]{0,4}[ \n]?", fullmatch=True)


def written(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


@given(CENTS)
def test_an_amount_is_what_was_written(cents: int) -> None:
    amount = money.parse(written(cents))
    assert amount * 100 == cents
    assert money.text(amount) == written(cents)
    assert money.cents(amount) == cents
    assert money.parse(money.text(amount)) == amount


@given(st.lists(CENTS, max_size=50))
def test_sums_are_exact(cents: list[int]) -> None:
    assert sum((money.parse(written(one)) for one in cents), Decimal(0)) * 100 == sum(cents)


def parsed(value: object) -> Decimal | BadRequest:
    try:
        return money.parse(value, "balance")
    except BadRequest as refusal:
        return refusal


@given(st.text() | ALMOST)
def test_a_text_is_an_amount_or_refused(text: str) -> None:
    found = parsed(text)
    if isinstance(found, BadRequest):
        assert found.field == "balance"
        assert not PLAIN.fullmatch(text) or not float(text)
    else:
        assert PLAIN.fullmatch(text)
        assert Decimal("0.01") <= found <= money.LIMIT
        assert found == Decimal(text)


@given(JSON.filter(lambda value: not isinstance(value, str)))
def test_what_is_no_text_is_no_amount(value: object) -> None:
    assert isinstance(parsed(value), BadRequest)
