"""The start page's lines: each protocol with its newest run drawn small, or with its textbook path."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distviz.dashboard import kept_pictures
from distviz.story.picture import ghosts
from distviz.story.picture.miniature import Miniature, draw, textbook
from distviz.trace.models import Run
from protocols import registry
from protocols.catalogue import Protocol

# One step along an index for each protocol.
_NEWEST = """
SELECT r.* FROM unnest(%(keys)s::text[]) AS p(key),
    LATERAL (SELECT * FROM runs WHERE protocol = p.key ORDER BY created_at DESC, id DESC LIMIT 1) r
"""


@dataclass(frozen=True)
class RunLine:
    """One protocol. `run` is None where it has never been run."""

    protocol: Protocol
    mini: Miniature
    run: Run | None = None
    picture: Any = None


def newest() -> dict[str, Run]:
    """The newest run of each protocol."""
    found = Run.objects.raw(_NEWEST, {"keys": list(registry.PROTOCOLS)})
    return {run.protocol: run for run in found}


def signature(runs: Mapping[str, Run]) -> str:
    """Changes when there is something new to draw."""
    return ",".join(f"{key}:{run.pk.hex[:8]}:{run.seq}" for key, run in sorted(runs.items()))


def lines(runs: Mapping[str, Run]) -> list[RunLine]:
    return [_line(protocol, runs.get(key)) for key, protocol in registry.PROTOCOLS.items()]


def _line(protocol: Protocol, run: Run | None) -> RunLine:
    lanes = ghosts.used_lanes(protocol)
    if run is None:
        return RunLine(protocol, draw(textbook(protocol), lanes))
    picture = kept_pictures.of(run)
    return RunLine(protocol, draw(picture.rows, lanes), run, picture)
