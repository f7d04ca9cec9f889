"""All that is known of one event: what the inspector shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from distviz.dashboard.run import source_code
from distviz.dashboard.run.source_code import SourceFunction
from distviz.story import attempts
from distviz.story.attempts import Attempt
from distviz.story.picture.picture import Picture
from distviz.story.picture.rows import Row
from distviz.trace.models import Event

SHOWN = 8  # attempts in sight; the earlier ones are folded
MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a process's log."""

    at: datetime | None
    level: str
    source: str
    text: str
    pid: int | None
    span_id: str
    seq: int  # of the event that came next: the line is from before it


@dataclass(frozen=True, slots=True)
class Inspection:
    row: Row
    taken: Row | None
    earlier: list[Attempt]
    attempts: list[Attempt]
    lines: list[LogLine]
    source: SourceFunction | None

    @property
    def under_way(self) -> bool:
        """Whether there is more to come of what is shown here."""
        return bool(self.attempts) and (not self.attempts[-1].tone or self.attempts[-1].until is not None)


def inspect(picture: Picture, seq: int) -> Inspection | None:
    """The event `seq` as it is known in this picture; None if it is not in it."""
    row = picture.row(seq)
    if row is None:
        return None
    taken = attempts.taken_for(picture.rows, row)
    tried = attempts.attempts(picture.rows, row)
    return Inspection(
        row=row,
        taken=taken if isinstance(taken, Row) else None,
        earlier=tried[:-SHOWN],
        attempts=tried[-SHOWN:],
        lines=lines_of(row.run, row.span_id, row.seq, upto=picture.last_seq),
        source=source_code.of(picture.plan.key, row, taken),
    )


def lines_of(run_id: str, span_id: str, seq: int, *, upto: int) -> list[LogLine]:
    """What the process said in this span; where there is no span, what it said right before this event."""
    found = Event.objects.filter(run_id=run_id, seq__lte=upto).exclude(lines=[])
    if not span_id:
        found = found.filter(seq=seq)
    lines = said(found.order_by("seq").values_list("seq", "lines"))
    return [line for line in lines if line.span_id == span_id or not span_id][:MOST_LINES]


def lines_by_event(run_id: Any, upto: int) -> dict[int, list[LogLine]]:
    """Everything that was said in this run, by the event that it came before."""
    found = Event.objects.filter(run_id=run_id, seq__lte=upto).exclude(lines=[]).order_by("seq")
    return {seq: said([(seq, lines)]) for seq, lines in found.values_list("seq", "lines")}


def said(rows: Any) -> list[LogLine]:
    """(seq, lines) as they are in the log → lines in order."""
    return [
        LogLine(
            at=parse_datetime(str(line.get("at", ""))),
            level=str(line.get("level", "")),
            source=str(line.get("from", "")),
            text=str(line.get("text", "")),
            pid=line.get("pid"),
            span_id=str(line.get("span", "")),
            seq=seq,
        )
        for seq, lines in rows
        for line in lines or ()
        if isinstance(line, dict)
    ]
