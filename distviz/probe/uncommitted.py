"""What a run has written and not committed, as far as its log tells: a fold over its steps and holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

KINDS = ("step", "hold", "fault")


class LogEvent(Protocol):
    """An event of the log, as far as this goes."""

    lane: str
    kind: str
    name: str
    phase: str
    data: Any


@dataclass(frozen=True)
class Written:
    """A row as the open transaction has it."""

    store: str
    row: str
    before: Mapping[str, Any] | None
    after: dict[str, Any]

    def is_of(self, row: str) -> bool:
        """Of this row, or of this table where the question is about a table's rows."""
        return self.row == row or ("/" not in row and self.row.partition("/")[0] == row)


def rows(events: Iterable[LogEvent], *, held: bool) -> list[Written]:
    """Open now: written by a step that is held inside its transaction, or prepared. `held` says whether that
    process is still running: one that was killed from outside could not record it in the log."""
    open_in: dict[str, list[Written]] = {}
    prepared: set[str] = set()
    for event in events:
        data = event.data or {}
        if event.kind == "hold" and event.phase == "held" and data.get("rows"):
            open_in[event.lane] = _written(data["rows"])
        elif event.kind == "step" and event.phase == "prepared":
            prepared.add(event.lane)
            open_in[event.lane] = _written(data.get("pending", ()))
        elif _closes(event, prepared):
            prepared.discard(event.lane)
            open_in.pop(event.lane, None)
    return [row for lane, written in open_in.items() if held or lane in prepared for row in written]


def _closes(event: LogEvent, prepared: set[str]) -> bool:
    """A crash rolls back what was open; what was prepared survives it. Back at its beginning a step has nothing yet."""
    if event.kind == "fault":
        return event.name == "crash" and event.lane not in prepared
    if event.kind != "step" or event.phase == "begin":
        return event.kind == "step" and event.lane not in prepared
    return event.phase in ("commit", "rollback")


def _written(changes: Iterable[Mapping[str, Any]]) -> list[Written]:
    return [
        Written(str(change["store"]), str(change["row"]), change.get("before"), dict(change["after"]))
        for change in changes
        if change.get("after") is not None
    ]
