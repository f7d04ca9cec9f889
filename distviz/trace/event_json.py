"""One event of the run log as JSON shows it."""

from collections.abc import Sequence
from typing import Any

EVENT_COLUMNS = (
    "seq",
    "at",
    "lane",
    "to",
    "kind",
    "name",
    "phase",
    "attempt",
    "caused_by",
    "span_id",
    "changes",
    "statements",
    "error",
    "data",
)


def shown(event: dict[str, Any]) -> dict[str, Any]:
    """The same with the code and the parameters of which `error` is made, for programs to decide by."""
    reason = event["data"].get("reason") if "error" in event and isinstance(event["data"], dict) else None
    if not isinstance(reason, dict):
        return event
    return {**event, "error_code": reason.get("code"), "error_params": reason.get("params", {})}


def event(values: Sequence[Any]) -> dict[str, Any]:
    """One event of the run log, from EVENT_COLUMNS; `to` and `error` are left out where there is none."""
    shown = dict(zip(EVENT_COLUMNS, values, strict=True))
    if not shown["to"]:
        del shown["to"]
    if not shown["error"]:
        del shown["error"]
    return shown
