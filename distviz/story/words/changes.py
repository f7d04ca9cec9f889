"""Rows changed by a step, field by field: before → after."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils import formats
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from distviz.story.words import columns

_MONEY = re.compile(r"-?\d+\.\d\d", re.ASCII)
# The most telling fields, where there is room for one line.
_TELLING = ("balance", "status", "amount", "state", "kind")
_REFUSALS = {"FAILED", "DECLINED", "REFUSED"}


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one row. `verb` is inserted, changed or deleted; found, if it was there before."""

    store: str
    row: str
    field: str
    before: str
    after: str
    verb: str

    @property
    def title(self) -> str:
        """The field by a name for people."""
        return columns.title(self.field) if self.field else ""

    @property
    def short(self) -> str:
        """Such as "balance 1,000.00 → 900.00", or "status COMPLETED" for a new row."""
        name = self.title or self.row
        return (
            f"{name} {self.before} → {self.after}" if self.verb == "changed" else f"{name} {self.after or self.before}"
        )


def amount(value: Decimal) -> str:
    """1234.5 → 1,234.50, as the page's language writes it (1 234,50)."""
    return f"{value:,.2f}".translate(_marks(get_language() or ""))


@cache
def _marks(language: str) -> dict[int, str]:
    """For `,` and `.`; asking Django each time would cost ten times as much as the rest of a row."""
    names = {",": "THOUSAND_SEPARATOR", ".": "DECIMAL_SEPARATOR"}
    return {ord(mark): str(formats.get_format(name, language, use_l10n=True)) for mark, name in names.items()}


def dollars(value: Decimal) -> str:
    return f"−${amount(-value)}" if value < 0 else f"${amount(value)}"


def text(value: Any) -> str:
    if value is None:
        return _("none")
    if isinstance(value, bool) or value in ("yes", "no"):
        return _("yes") if value in (True, "yes") else _("no")
    if isinstance(value, str) and _MONEY.fullmatch(value):
        return amount(Decimal(value))
    return str(value)


def lines(changes: Any) -> list[Change]:
    """The log's changes as a table. A row's before and after are maps of fields, or plain values."""
    return [line for change in changes or () if isinstance(change, dict) for line in _lines_of(change)]


def _lines_of(change: dict[str, Any]) -> Iterator[Change]:
    store, row = str(change.get("store", "")), str(change.get("row", ""))
    before, after = change.get("before"), change.get("after")
    verb = "inserted" if before is None else "deleted" if after is None else "changed"
    verb = "found" if change.get("found") else verb
    if not isinstance(before, dict) and not isinstance(after, dict):
        yield Change(store, row, "", text(before), text(after), verb)
        return
    old = before if isinstance(before, dict) else {}
    new = after if isinstance(after, dict) else {}
    for field in [*new, *(f for f in old if f not in new)]:
        if verb != "changed" or old.get(field) != new.get(field):
            was = text(old[field]) if field in old else ""
            yield Change(store, row, field, was, text(new[field]) if field in new else "", verb)


def headline(found: Iterable[Change]) -> str:
    """The one change that says most."""
    all_lines = list(found)
    rows = {(line.store, line.row) for line in all_lines if line.verb == "inserted"}
    if len(rows) > 1 and not any(line.field in _TELLING for line in all_lines):
        return ngettext("%(n)s row inserted", "%(n)s rows inserted", len(rows)) % {"n": len(rows)}
    for name in _TELLING:
        for line in all_lines:
            if line.field == name or line.row.endswith(name):
                return line.short
    return all_lines[0].short if all_lines else ""


def refusal(found: Iterable[Change]) -> bool:
    """A business "no" that was committed: what was written down is that nothing is done."""
    return any(line.field == "status" and line.after.upper() in _REFUSALS for line in found)
