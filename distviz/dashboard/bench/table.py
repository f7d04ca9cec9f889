"""The figures of a bench as a page shows them: a table, and bars to compare by eye, drawn by the server."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from distviz.bench.models import Result
from distviz.export import csv_text
from distviz.story.words import changes, wording

CSV = ("protocol", "runs", "p50_ms", "p95_ms", "p99_ms", "per_second", "elapsed_s", "statuses", "late", "refused")
CSV_COSTS = ("locks_p50_ms", "locks_p95_ms", "gap_p50_ms", "gap_p95_ms", "for_ever", "messages", "commits", "books")


@dataclass(frozen=True)
class TableBar:
    """One measure of one protocol; widths in percent of the largest. `tail` goes from p50 over p95 to p99."""

    protocol: str
    text: str
    width: str
    tail: tuple[str, str] | None = None


@dataclass(frozen=True)
class Chart:
    title: str
    note: str
    bars: list[TableBar]


def charts(rows: Sequence[dict[str, Any]]) -> list[Chart]:
    return [
        Chart(_("Latency"), _("from request to end: p50, and on to p95 and p99; less is better"), _latency(rows)),
        _chart(rows, "per_second", _("Throughput"), _("runs finished per second; more is better"), _rate),
        _chart(rows, "locks_p50_ms", _("Locks held"), _("of a run, in all its databases, p50"), wording.duration),
        _chart(rows, "gap_p50_ms", _("Inconsistent for"), _("deducted and not yet paid, p50"), wording.duration),
    ]


def _rate(value: float) -> str:
    return _("%(n)s / s") % {"n": formats.number_format(value, 1)}


def _chart(rows: Sequence[dict[str, Any]], key: str, title: str, note: str, say: Any) -> Chart:
    most = max([row[key] or 0 for row in rows] or [0]) or 1
    bars = [
        TableBar(row["protocol"], say(row[key]) if row[key] is not None else "—", _percent((row[key] or 0) / most))
        for row in rows
    ]
    return Chart(title, note, bars)


def _latency(rows: Sequence[dict[str, Any]]) -> list[TableBar]:
    most = max([row["p99_ms"] or 0 for row in rows] or [0]) or 1
    made = []
    for row in rows:
        p50, p95, p99 = (row[key] or 0 for key in ("p50_ms", "p95_ms", "p99_ms"))
        text = " · ".join(wording.duration(value) for value in (p50, p95, p99))
        made.append(TableBar(row["protocol"], text, _percent(p50 / most), (_percent(p95 / most), _percent(p99 / most))))
    return made


def _percent(part: float) -> str:
    return f"{100 * part:.2f}%"


def endings(row: dict[str, Any]) -> list[tuple[str, str, int]]:
    """(status, in words, how many), the most frequent first."""
    return [(key, wording.status(key), n) for key, n in sorted(row["statuses"].items(), key=lambda one: -one[1])]


def lines(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "endings": endings(row)} for row in rows]


def conditions(result: Result) -> list[tuple[str, str]]:
    asked, found = result.asked, result.conditions
    faults = ", ".join(f"{f['at']}: {f['do']}" for f in asked["faults"]) or _("none")
    if asked["faults"] and asked.get("fault_rate", 1) < 1:
        faults = _("%(faults)s, in %(n)s %% of the runs") % {"faults": faults, "n": f"{100 * asked['fault_rate']:g}"}
    load = " ".join(f"{one:g}" for one in found.get("load_before", []))
    much = _("%(n)s runs each") % {"n": asked["runs"]} if asked["runs"] else _("%(n)s s each") % {"n": asked["seconds"]}
    if asked.get("rounds", 1) > 1:
        much = _("%(much)s, median of %(n)s rounds") % {"much": much, "n": asked["rounds"]}
    hot = _("hot: one account") if asked["contention"] == "hot" else _("spread over the accounts")
    named = [
        (_("Load"), _("%(n)s clients in a closed loop, %(much)s") % {"n": asked["clients"], "much": much}),
        (_("Contention"), hot),
        (_("Amount"), f"${changes.text(asked['amount'])}"),
        (_("Failures"), faults),
        (_("Path"), _("%(path)s, as a client asks") % {"path": found.get("path", "")}),
        (
            _("Machine"),
            _("%(n)s cores, %(system)s") % {"n": found.get("cores", "?"), "system": found.get("system", "")},
        ),
        (_("Load before"), load or "—"),
        (_("Versions"), _versions(found)),
        (_("Settings"), _settings(found)),
    ]
    return [(name, text) for name, text in named if text]


def _versions(found: dict[str, Any]) -> str:
    named = {"distviz": "distviz", "python": "Python", "django": "Django", "postgresql": "PostgreSQL"}
    return ", ".join(f"{title} {found[key]}" for key, title in named.items() if key in found)


def _settings(found: dict[str, Any]) -> str:
    names = ("workers", "fsync", "lock_timeout_ms", "retry_base_ms", "retry_max")
    return ", ".join(f"{name} {found[name]}" for name in names if name in found)


def as_csv(result: Result) -> str:
    asked, found = result.asked, result.conditions
    head = [*CSV, *CSV_COSTS, *(f"asked_{key}" for key in asked), *(f"on_{key}" for key in found), "started_at"]
    shared = [*asked.values(), *found.values(), result.started_at.isoformat()]
    return csv_text.write(head, ([*(row.get(key) for key in (*CSV, *CSV_COSTS)), *shared] for row in result.rows))
