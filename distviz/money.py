"""Money is exact: `Decimal` with two places inside, a string with two places outside, never a float."""

import re
from decimal import Decimal

from distviz.errors import BadRequest

CENT = Decimal("0.01")
LIMIT = Decimal("999999999.99")
_AMOUNT = re.compile(r"\d{1,9}(\.\d{1,2})?", re.ASCII)


def parse(value: object, field: str = "amount") -> Decimal:
    """An amount as it may be typed. Raises BadRequest for anything but plain ASCII digits, at most two
    decimals and more than zero: Decimal alone would take `1e3`, `1_000`, `NaN` and full-width digits."""
    if not isinstance(value, str):
        raise BadRequest(field, "amount_is_text")
    if len(value) > 20 or not _AMOUNT.fullmatch(value):
        raise BadRequest(field, "amount_is_plain")
    amount = Decimal(value).quantize(CENT)
    if amount <= 0:
        raise BadRequest(field, "amount_is_positive")
    return amount


def text(amount: Decimal) -> str:
    """`Decimal("100")` → `"100.00"`."""
    return str(amount.quantize(CENT))


def cents(amount: Decimal) -> int:
    """For stores that have no exact decimals (the notification service's documents)."""
    return int(amount.quantize(CENT) * 100)
