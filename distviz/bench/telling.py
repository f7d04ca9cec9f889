"""The figures of a bench as text for a terminal."""

from collections.abc import Iterator, Sequence
from typing import Any

from distviz.bench.rounds import LATENCY, Row

COLUMNS = (
    ("protocol", "protocol"),
    ("runs", "runs"),
    ("p50_ms", "p50 ms"),
    ("p95_ms", "p95 ms"),
    ("p99_ms", "p99 ms"),
    ("per_second", "runs/s"),
    ("locks_p50_ms", "locks ms"),
    ("gap_p50_ms", "gap ms"),
    ("messages", "messages"),
    ("commits", "commits"),
    ("books", "books"),
)
OTHERS = (
    ("name", "beside"),
    ("of", "of"),
    ("rate", "of"),
    ("runs", "runs"),
    ("p50_ms", "p50 ms"),
    ("per_second", "/s"),
)
PAGES = (("path", "page"), ("before_ms", "before ms"), ("after_ms", "after ms"), ("times", "times"))


def lines(report: dict[str, Any]) -> Iterator[str]:
    yield from table(COLUMNS, report["rows"])
    if report["beside"]:
        yield ""
        yield from table(OTHERS, [row for row in report["beside"] if "error" not in row])
        yield from (f"{row['name']}: {row['error']}" for row in report["beside"] if "error" in row)
        yield ""
        yield from (sentence(line) for line in report["ratios"])
        yield ""
    if report["history"]:
        yield f"with {report['history']['runs']} runs behind it:"
        yield from table(COLUMNS, report["history"]["rows"])
        yield from table(PAGES, report["history"]["pages"])
    for title in ("asked", "conditions"):
        yield f"{title}: " + ", ".join(f"{key} {value}" for key, value in report[title].items())


def sentence(line: Row) -> str:
    what = "p50" if line["what"] == LATENCY else "per second"
    return f"{line['of']} {what} = {line['times']:g} x {line['to']}"


def table(columns: Sequence[tuple[str, str]], rows: Sequence[Row]) -> Iterator[str]:
    shown = [(key, title) for key, title in columns if any(key in row for row in rows)]
    cells = [[title for _key, title in shown]]
    cells += [[_cell(row.get(key, "")) for key, _title in shown] for row in rows]
    widths = [max(len(line[place]) for line in cells) for place in range(len(shown))]
    for line in cells:
        yield "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "hold" if value else "BROKEN"
    return "—" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
