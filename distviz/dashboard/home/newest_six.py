"""The start page's six lines: each protocol with its newest run drawn small, or with its textbook path."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distviz.dashboard import kept_pictures
from distviz.dashboard.home import entries
from distviz.dashboard.home.entries import Entry
from distviz.story.picture import ghosts
from distviz.story.picture.miniature import Miniature, draw
from distviz.trace.models import Run
from protocols import registry

# One step along an index for each protocol.
_NEWEST = """
SELECT r.* FROM unnest(%(keys)s::text[]) AS p(key),
    LATERAL (SELECT * FROM runs WHERE protocol = p.key ORDER BY created_at DESC, id DESC LIMIT 1) r
"""


@dataclass(frozen=True)
class Line:
    """One protocol. `run` is None where it has never been run."""

    entry: Entry
    mini: Miniature | None
    run: Run | None
    picture: Any = None

    @property
    def lanes(self) -> list[str]:
        return [head.title for head in self.entry.heads]


def newest() -> dict[str, Run]:
    """The newest run of each protocol."""
    found = Run.objects.raw(_NEWEST, {"keys": list(registry.PROTOCOLS)})
    return {run.protocol: run for run in found}


def signature(runs: Mapping[str, Run]) -> str:
    """Changes when there is something new to draw."""
    return ",".join(f"{key}:{run.pk.hex[:8]}:{run.seq}" for key, run in sorted(runs.items()))


def lines(runs: Mapping[str, Run]) -> list[Line]:
    return [_line(entry, runs.get(entry.key)) for entry in entries.entries()]


def _line(entry: Entry, run: Run | None) -> Line:
    if entry.protocol is None:
        return Line(entry, None, None)
    lanes = ghosts.used_lanes(entry.protocol)
    if run is None:
        return Line(entry, draw(entry.mini, lanes), None)
    picture = kept_pictures.of(run)
    return Line(entry, draw(picture.rows, lanes), run, picture)
