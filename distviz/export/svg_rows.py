"""One row of the picture as vectors: its bars, arrow, words and money, each where its lane is."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from distviz.export import svg_marks
from distviz.export.svg_elements import Shapes, ink, tag
from distviz.export.svg_marks import LIFE, PART
from distviz.export.svg_text import StyledText, measured, text, wrap
from distviz.story.money_strip import PARTS
from distviz.story.picture.ghosts import Ghost
from distviz.story.picture.rows import LaneHead, Row

GUT, LANE, EDGE, TOP, LINE = 88, 98, 16, 148, 16
WEIGHTS = {"client": 0.62, "api": 1.35}
WORDS = 400  # a column behind the lanes: no word stands on a bar


@dataclass
class Sheet:
    """Where the lanes are, and how far down it is drawn."""

    heads: Sequence[LaneHead]
    lanes: dict[str, float] = field(default_factory=dict)
    y: float = TOP
    drawn: list[Shapes] = field(default_factory=list)

    def __post_init__(self) -> None:
        x = float(EDGE + GUT)
        for head in self.heads:
            self.lanes[head.key] = x
            x += LANE * WEIGHTS.get(head.key, 1.0)
        self.words = x + 6
        self.end = self.words + WORDS
        self.width = self.end + PART * len(PARTS) + EDGE

    def life(self, lane: str) -> float:
        return self.lanes[lane] + LIFE


def _label(row: Row) -> list[StyledText]:
    c, label = ink(), row.label
    tones = {
        "ok": "ok",
        "bad": "bad",
        "warn": "warn",
        "info": "accent",
        "open": "bar",
        "doubt": "doubt",
        "comp": "comp",
    }
    made = [StyledText(label.word, c[tones.get(label.tone, "ink-2")], 10.5, 750)] if label.word else []
    made.append(StyledText(label.what, c["ink"], 12.5, 560))
    if row.makes_good_title:
        made.append(StyledText("↩ " + _("compensates “%(step)s”") % {"step": row.makes_good_title}, c["comp"], 12, 560))
    made.append(StyledText(label.note, c["ink-3"], 12))
    if row.wrong_now:
        made.append(StyledText(row.wrong_now, c["bad"], 12.5, 750))
    return made


def draw_row(sheet: Sheet, row: Row) -> None:
    c, top = ink(), sheet.y
    if row.gap:
        top += _idle(sheet, row)
    runs = _label(row)
    x, room = _place(sheet, row)
    lines = wrap(runs, room)
    mid = top + (18 if not row.wide else 12 + LINE * len(lines) / 2)
    bottom = max(top + 36, top + 10 + LINE * len(lines) + (16 if row.wide else 2))
    parts: list[Shapes] = [tag("title", row.spoken)]
    parts += [svg_marks.cell(cell, sheet.lanes[cell.lane], sheet.y, mid, bottom) for cell in row.cells]
    if row.arrow:
        ends = sheet.life(row.arrow.src), sheet.life(row.arrow.dst)
        parts.append(svg_marks.arrow(row.arrow, *ends, mid, compensation=bool(row.makes_good_title)))
    if row.wide:
        left = sheet.lanes[sheet.heads[0].key]
        edge = c[{"ok": "ok", "bad": "bad", "comp": "comp"}.get(row.label.tone, "line-2")]
        size = {"width": sheet.end - left - 10, "height": bottom - top - 10}
        parts.append(tag("rect", x=left, y=top + 5, rx=5, fill=c["panel"], stroke=edge, stroke_width=1.5, **size))
        parts.append(tag("rect", x=left, y=top + 5, width=6, height=size["height"], fill=edge))
    parts += _lines(lines, x, top + (22 if row.wide else 20))
    parts.append(text([StyledText(str(row.seq), c["ink-2"], 11, 600)], EDGE + 24, mid + 4, "end"))
    parts.append(text([StyledText(row.clock, c["ink-3"], 10)], EDGE + 32, mid + 4))
    parts += _money(sheet, row, mid, bottom)
    sheet.drawn.append(tag("g", *parts))
    sheet.y = bottom


def _place(sheet: Sheet, row: Row) -> tuple[float, float]:
    """Where the words begin, and how much room they have."""
    if row.wide:
        left = sheet.lanes[sheet.heads[0].key]
        return left + 16, sheet.end - left - 44
    return sheet.words, WORDS - 16


def _lines(lines: list[list[StyledText]], x: float, y: float) -> list[Shapes]:
    return [text(line, x, y + LINE * number) for number, line in enumerate(lines)]


def _idle(sheet: Sheet, row: Row) -> float:
    """A long wait, folded to a zig-zag. The bars go on through it: they are drawn with the row below."""
    c, y = ink(), sheet.y + 17
    teeth = "".join("l7-9 7 9" for _tooth in range(int((sheet.end - EDGE) / 14)))
    words = [StyledText(row.gap, c["ink"], 11, 600), StyledText(row.gap_why, c["ink-2"], 11)]
    width = measured(words) + 26
    sheet.drawn.append(tag("path", d=f"M{EDGE} {y + 4:.1f}{teeth}", stroke=c["line-2"]))
    box = tag("rect", x=EDGE + 8, y=y - 10, width=width, height=19, rx=9, fill=c["panel"], stroke=c["line-2"])
    sheet.drawn += [box, text(words, EDGE + 18, y + 4)]
    return 36


def _money(sheet: Sheet, row: Row, mid: float, bottom: float) -> list[Shapes]:
    c = ink()
    made: list[Shapes] = []
    for number, part in enumerate(row.parts):
        x = sheet.end + PART * number
        halves = ((part.up, part.twice_up, sheet.y, mid), (part.down, part.twice_down, mid, bottom))
        for there, twice, top, end in halves:
            if there:
                fill = svg_marks.fill_of("twice" if twice else part.name)
                made.append(tag("rect", x=x + 6, y=top, width=PART - 12, height=end - top, fill=fill))
        if part.text:
            edge = c["bad"] if (part.name == "missing" and part.down) or part.twice_down else c["line-2"]
            words = StyledText(part.text, c["bad"] if edge == c["bad"] else c["ink"], 10.5, 650)
            width = words.width + 8
            middle = x + PART / 2
            box = tag(
                "rect", x=middle - width / 2, y=mid - 8, width=width, height=16, rx=3, fill=c["panel"], stroke=edge
            )
            made += [box, text([words], middle, mid + 3.5, "middle")]
    return made


def draw_ghost(sheet: Sheet, ghost: Ghost) -> None:
    """A step that is still to come, or never came."""
    c, top = ink(), sheet.y
    mid, bottom = top + 20, top + 38
    parts = [svg_marks.cell(cell, sheet.lanes[cell.lane], top, mid, bottom) for cell in ghost.cells]
    words = [StyledText(ghost.title, c["ink-3"], 12.5, 480, strike=ghost.never)]
    words += [StyledText(_("never happened"), c["bad"], 10.5, 750)] if ghost.never else []
    if ghost.arrow:
        ends = sheet.life(ghost.arrow.src), sheet.life(ghost.arrow.dst)
        parts.append(svg_marks.arrow(ghost.arrow, *ends, mid, ghost=True))
    parts += _lines(wrap(words, WORDS - 16), sheet.words, top + 24)
    sheet.drawn.append(tag("g", *parts, opacity=0.9))
    sheet.y = bottom
