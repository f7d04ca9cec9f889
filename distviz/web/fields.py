"""What a page's form asks for, in the terms of distviz.trace: the same checks as the API's, on text fields."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from distviz import money
from distviz.errors import BadRequest
from distviz.trace import faults
from distviz.trace.faults import FaultSpec


def amount(text: str) -> Decimal:
    return money.parse(text.strip())


def chosen(form: QueryDict) -> list[FaultSpec]:
    """The ticked faults with their `times:` and `ms:` fields. Raises BadRequest for "faults"."""
    return faults.parse([_fault(form, value) for value in form.getlist("fault") if value])


def doses(form: Mapping[str, str], prefix: str) -> dict[str, str]:
    """What was typed beside each fault, to be shown again."""
    return {name.removeprefix(prefix): value for name, value in form.items() if name.startswith(prefix)}


def whole(form: QueryDict, name: str, low: int, high: int, at_first: object) -> int:
    """A number within bounds; a field that is not there has its first value. Raises BadRequest naming it."""
    text = form.get(name, str(at_first)).strip()
    short = len(text) <= len(str(high))
    if not (text.isascii() and text.isdecimal() and short and low <= int(text) <= high):
        raise BadRequest(name, "number_between", low=low, high=high)
    return int(text)


def ticked(form: QueryDict, name: str) -> bool:
    """Raises BadRequest for what no browser sends."""
    if form.get(name, "on") != "on":
        raise BadRequest(name, "one_of", known="on")
    return name in form


def _fault(form: QueryDict, value: str) -> dict[str, Any]:
    at, _colon, do = value.rpartition(":")
    asked: dict[str, Any] = {"at": at, "do": do}
    for field in ("times", "ms"):
        text = form.get(f"{field}:{value}", "").strip()
        if text:
            if not (text.isascii() and text.isdecimal() and len(text) < 7):
                raise BadRequest("faults", "fault_needs_a_number", what=f"{value} {field}")
            asked[field] = int(text)
    return asked
