"""Rows of the run log on their way to the viewers: read once and encoded once for all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson

from distviz.live.frames import Frame, sized
from distviz.trace import event_json


@dataclass
class Batch:
    """Some consecutive rows of one run's log, as columns in the order of shapes.EVENT_COLUMNS."""

    run: UUID
    rows: Sequence[Sequence[Any]]
    more: bool = False  # the reading stopped at its limit: there may be more in the log
    protocol: str = ""

    @property
    def first(self) -> int:
        return int(self.rows[0][0])

    @property
    def last(self) -> int:
        return int(self.rows[-1][0])

    @property
    def ends(self) -> bool:
        return bool(self.events[-1]["kind"] == "finished")

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        return [event_json.event(row) for row in self.rows]

    @cached_property
    def json(self) -> list[str]:
        """One text for each event, the same as GET /api/runs/{id}/events shows it."""
        return [orjson.dumps(event_json.shown(event), option=orjson.OPT_UTC_Z).decode() for event in self.events]

    @cached_property
    def lab_json(self) -> list[str]:
        """The same, with the run in front."""
        head = f'{{"run":"{self.run}",'
        return [head + text[1:] for text in self.json]

    @cached_property
    def lab_frames(self) -> list[Frame]:
        return [Frame(texts) for texts in sized(self.lab_json)]

    def after(self, seq: int) -> "Batch | None":
        """The part of it that comes after `seq`."""
        if seq < self.first:
            return self
        rows = [row for row in self.rows if row[0] > seq]
        return Batch(self.run, rows, self.more, self.protocol) if rows else None

    def parts(self, size: int) -> "Iterator[Batch]":
        """The same rows, so many at a time."""
        for start in range(0, len(self.rows), size):
            yield Batch(self.run, self.rows[start : start + size])
