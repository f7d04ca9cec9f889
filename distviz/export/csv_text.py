"""CSV as RFC 4180 has it, safe to open in a spreadsheet: what would be taken for a formula is marked as text."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def guarded(value: object) -> str:
    """The text of one field. A number stays one; `=HYPERLINK(…)` in a note gets the apostrophe that disarms it."""
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def write(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guarded(name) for name in head])
    writer.writerows([guarded(value) for value in row] for row in rows)
    return out.getvalue()
