"""A run that can be replayed without a server: its rows, and what stands around them after every single event.

Nothing is folded in the browser. The states are made here by the fold that draws the page, each text only once.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from distviz.export import inline, mermaid
from distviz.export.offline import offline
from distviz.export.one_run import Story
from distviz.story.picture import markup, rows
from distviz.story.picture.picture import Picture

AROUND = ("state", "sums", "next")  # the parts of the page that are replaced at every step
_SAFE = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


@dataclass(frozen=True)
class Frames:
    """`steps[n - 1]` says which of the `parts` stand around the rows after event n, in the order of AROUND."""

    parts: list[str]
    steps: list[list[int]]

    def json(self) -> SafeString:
        """For a data block of a page: no text in it can end the block."""
        text = orjson.dumps({"around": AROUND, "parts": self.parts, "steps": self.steps}).decode()
        return mark_safe(text.translate(_SAFE))


def frames(story: Story) -> Frames:
    return story.once("frames", lambda: _frames(story))


def _frames(story: Story) -> Frames:
    picture = Picture(story.run, story.protocol)
    places: dict[Hashable, int] = {}
    made = Frames([], [])
    for event in story.events:
        picture.feed(event)
        context = _around(picture)
        keys: dict[str, Hashable] = {
            "state": event.seq,
            "sums": picture.money,
            "next": (tuple(context["now"]), tuple(context["ghosts"])),
        }
        step = []
        for name in AROUND:
            key = (name, keys[name])
            if key not in places:
                places[key] = len(made.parts)
                made.parts.append(_part(name, context))
            step.append(places[key])
        made.steps.append(step)
    return made


def _around(picture: Picture) -> dict[str, Any]:
    """The state around the rows. Nothing can be broken in a file, so its ghosts have no fault points."""
    context = markup.state(picture)
    return {**context, "ghosts": [replace(ghost, points=()) for ghost in context["ghosts"]]}


def _part(name: str, context: dict[str, Any]) -> str:
    return offline(render_to_string(f"picture/{name}.html", context))


def player(story: Story, step: int | None = None) -> dict[str, Any]:
    """What templates/export/player.html needs; without a script it shows the picture after `step` events."""
    last = len(story.events)
    shown = last if step is None else max(1, min(step, last))
    picture = story.picture if shown == last else _until(story, shown)
    around = _around(picture)
    return {
        **around,
        **{f"{name}_html": mark_safe(_part(name, around)) for name in AROUND},
        "heads": rows.heads(story.protocol),
        "drawn_rows": story.once("rows", lambda: [mark_safe(draw_row(row)) for row in story.picture.rows]),
        "frames": frames(story).json(),
        "caption": picture.rows[-1].sentence if step is not None and picture.rows else "",
        "step": None if step is None else shown,
        "shown": shown,
        "last": last,
    }


def _until(story: Story, step: int) -> Picture:
    picture = Picture(story.run, story.protocol)
    picture.feed_all(story.events[:step])
    return picture


def draw_row(row: rows.Row) -> str:
    """The row of the page; what the page requests when a row is opened is in it already."""
    bare = replace(row, points=())
    detail = render_to_string("export/detail.html", {"row": bare})
    return offline(render_to_string("picture/row.html", {"row": bare}), inside=detail)


def draw(story: Story) -> str:
    """One file: styles and script inside, and a policy that lets it connect to nothing."""
    context = {
        **player(story),
        **inline.elements(),
        "run": story.run,
        "faults": story.faults,
        "without": story.without,
        "title": mermaid.title(story),
    }
    return render_to_string("export/replay.html", context)
