"""The files that a run, or a comparison, can be taken away in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from distviz.export import csv_log, json_file, markdown, mermaid, replay, svg
from distviz.export.one_run import Story


@dataclass(frozen=True)
class Format:
    """`at_step`: the file can end at a step; the others are only of use as a whole."""

    key: str
    title: Any
    says: Any
    kind: str
    draw: Callable[[Story], str]
    at_step: bool = True


FORMATS = {
    one.key: one
    for one in (
        Format("html", _("Replay"), _("one file, works offline"), "text/html", replay.draw, at_step=False),
        Format("svg", _("Picture"), _("vector, for a document"), "image/svg+xml", svg.draw),
        Format("mmd", _("Mermaid"), _("sequence diagram"), "text/vnd.mermaid", mermaid.draw),
        Format("md", _("Markdown"), _("report with the diagram"), "text/markdown", markdown.draw),
        Format("csv", _("CSV"), _("the log as a table"), "text/csv", csv_log.draw),
        Format("json", _("JSON"), _("can be imported again"), "application/json", json_file.draw, at_step=False),
    )
}


def attachment(name: str, text: str, kind: str) -> HttpResponse:
    """A file to keep, never a page of this site: an exported page has a policy and a script of its own."""
    answer = HttpResponse(text.encode("utf-8", "replace"), content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def name_of(story: Story, ending: str) -> str:
    """Such as `distviz-saga-0e18c712.svg`."""
    return f"distviz-{story.run.protocol.replace('_', '-')}-{story.run.pk.hex[:8]}.{ending}"
