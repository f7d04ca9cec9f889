"""The map as a vector picture: the path from top to bottom, what can be done from left to right, and the shape of each
end in its cell."""

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from distviz.dashboard.explore import words
from distviz.explore import chart, ends
from distviz.explore.models import Exploration
from distviz.export.svg_elements import Shapes, ink, tag
from distviz.export.svg_text import StyledText, measured, text
from distviz.story.words import points
from protocols import registry

LEFT, CELL, ROW, HEAD, EDGE = 470, 34, 26, 96, 20
# A shape of its own for each end, in a box of 16; the colours only repeat it.
SHAPES = {
    ends.KEPT: ("ok", "m2.5 8.5 3.5 4 7.5-9"),
    ends.DECLINED: ("warn", "M8 1.5 15 14.5H1ZM8 6v4m0 1.8v.4"),
    ends.MADE_GOOD: ("comp", "M6 3 2 7l4 4M2.5 7H10a4 4 0 0 1 0 8H7"),
    ends.SETTLED: ("doubt", "M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13M8 4v4.4l3 1.6"),
    ends.PERSON: ("warn", "M8 1.3a3.2 3.2 0 1 1 0 6.4a3.2 3.2 0 1 1 0-6.4M2 15c0-3.5 2.5-5.5 6-5.5s6 2 6 5.5"),
    ends.BROKEN: ("bad", "M1 5.5c2.3-3 4.7-3 7 0s4.7 3 7 0M1 11c2.3-3 4.7-3 7 0s4.7 3 7 0"),
    ends.LOST: ("bad", "m3 3 10 10M13 3 3 13"),
    ends.UNKNOWN: ("ink-3", "M5 5.5a3 3 0 1 1 4.5 2.6C8.5 8.7 8 9.2 8 10.5M8 13.5v.5"),
    chart.NOT_MET: ("line-2", "M8 7.5v1"),
}


def draw(exploration: Exploration, parts: Sequence[chart.PathPart]) -> Element:
    """Raises nothing: what is not known yet is an empty cell."""
    body, bottom = _body(parts)
    legend = list(_legend(bottom + 14))
    wide, high = LEFT + CELL * len(chart.DONE) + EDGE, bottom + 24 + ROW * ((len(legend) + 1) // 2)
    title = _("%(protocol)s, broken at every point that it meets") % {
        "protocol": registry.get(exploration.protocol).title
    }
    return tag(
        "svg",
        tag("title", title),
        tag("rect", width=wide, height=high, fill=ink()["panel"]),
        text([StyledText(title, ink()["ink"], 15, 600)], EDGE, 28),
        list(_heads()),
        body,
        legend,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {wide} {high}",
        width=wide,
        height=high,
        font_family="system-ui, sans-serif",
    )


def _heads() -> Iterator[Element]:
    """Upright: the columns are narrow."""
    for number, key in enumerate(chart.DONE):
        x = LEFT + CELL * number + CELL / 2 + 4
        word = text([StyledText(words.done(key), ink()["ink-2"], 11.5)], 0, 0)
        yield tag("g", word, transform=f"translate({x:.1f} {HEAD - 6}) rotate(-45)")


def _body(parts: Sequence[chart.PathPart]) -> tuple[list[Shapes], int]:
    drawn: list[Shapes] = []
    y, no_return = HEAD, chart.no_return(parts)
    for part in parts:
        title = str(part.step.title) if part.step else _("elsewhere")
        drawn.append(tag("path", d=f"M{EDGE} {y}H{LEFT + CELL * len(chart.DONE)}", stroke=ink()["line"]))
        drawn.append(_clipped(title, EDGE, y + 18, 186, weight=560))
        for line in part.lines:
            if line.point == no_return:
                drawn += _no_return(y)
                y += ROW
            drawn.append(_clipped(points.moment(line.point), EDGE + 192, y + 18, LEFT - EDGE - 200))
            drawn += [_cell(mark, LEFT + CELL * n, y) for n, mark in enumerate(line.marks) if mark]
            y += ROW
    return drawn, y


def _no_return(y: float) -> list[Shapes]:
    colour = ink()["ok"]
    line = tag(
        "path",
        d=f"M{EDGE + 192} {y}H{LEFT + CELL * len(chart.DONE)}",
        stroke=colour,
        stroke_width=2,
        stroke_dasharray="6 4",
    )
    return [line, text([StyledText(words.no_return(), colour, 12, 600)], EDGE + 192, y + 17)]


def _cell(mark: chart.Mark, x: float, y: float) -> Shapes:
    box = tag(
        "rect", x=x + 3, y=y + 2, width=CELL - 6, height=ROW - 4, rx=3, fill=_ground(mark.end), stroke=ink()["line"]
    )
    return [box, _shape(mark.end, x + CELL / 2 - 8, y + ROW / 2 - 8)]


def _ground(end: str) -> str:
    return ink()["bad-soft"] if end in ends.BAD else ink()["panel"]


def _shape(end: str, x: float, y: float) -> Shapes:
    if end not in SHAPES:
        return []
    colour, path = SHAPES[end]
    more = {"stroke_width": 2.2, "fill": "none", "stroke_linecap": "round", "stroke_linejoin": "round"}
    return tag("path", d=path, stroke=ink()[colour], transform=f"translate({x:.1f} {y:.1f})", **more)


def _legend(y: float) -> Iterator[Element]:
    """In two columns."""
    for number, end in enumerate(SHAPES):
        x, down = EDGE + 380 * (number % 2), y + ROW * (number // 2)
        says = text([StyledText(words.end(end), ink()["ink-2"], 12)], x + 26, down + 13)
        yield tag("g", _shape(end, x, down), says)


def _clipped(words_: str, x: float, y: float, width: float, weight: int = 400) -> Element:
    line = StyledText(words_, ink()["ink" if weight > 500 else "ink-2"], 12, weight)
    while measured([line]) > width and len(line.text) > 4:
        line = StyledText(line.text[:-2].rstrip("… ") + "…", line.fill, line.size, weight)
    return text([line], x, y)
