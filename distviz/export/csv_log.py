"""The log as a table: what happened, and where the money was after it."""

from distviz import money
from distviz.export import csv_text
from distviz.export.one_run import Story
from distviz.story.money_strip import TOLD
from distviz.story.picture.rows import Row
from distviz.story.shapes import EventLike
from distviz.trace.log import dumps

PLAIN = ("lane", "to", "kind", "phase", "name", "attempt", "caused_by", "span_id", "error")
HEAD = ("seq", "at", "offset_ms", *PLAIN, "changes", "statements", *TOLD, "verdict", "status", "sentence")


def draw(story: Story) -> str:
    return csv_text.write(HEAD, map(_line, story.events, story.picture.rows))


def _line(event: EventLike, row: Row) -> list[object]:
    return [
        event.seq,
        event.at.isoformat(),
        f"{row.offset_ms:.3f}",
        *(getattr(event, name) for name in PLAIN),
        dumps(event.changes),
        dumps(event.statements),
        *(money.text(row.money.part(name)) for name in TOLD),
        row.verdict,
        row.status,
        row.sentence,
    ]
