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

GUT, LANE, EDGE, TOP, LINE = 88, 160, 16, 148, 16
WEIGHTS = {"client": 0.55, "api": 0.95, "account": 1.15, "payment": 1.1, "notification": 1.25}
TIGHT = 190  # with less room than this behind a bar, what is said of it stands before it


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
        self.end = x + 10
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
    if row.missing_now:
        made.append(StyledText(_("%(sum)s missing") % {"sum": row.missing_now}, c["bad"], 12.5, 750))
    return made


def draw_row(sheet: Sheet, row: Row) -> None:
    c, top = ink(), sheet.y
    if row.gap:
        top += _idle(sheet, row)
    runs = _label(row)
    x, room, anchor = _place(sheet, row)
    lines = wrap(runs, room)
    if row.arrow:
        mid = top + 8 + LINE * len(lines) + 6
        bottom = mid + 12
    else:
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
    parts += _lines(lines, x, top + (20 if not row.arrow else 16) + (2 if row.wide else 0), anchor, backed=not row.wide)
    parts.append(text([StyledText(str(row.seq), c["ink-2"], 11, 600)], EDGE + 24, mid + 4, "end"))
    parts.append(text([StyledText(row.offset, c["ink-3"], 10)], EDGE + 32, mid + 4))
    parts += _money(sheet, row, mid, bottom)
    sheet.drawn.append(tag("g", *parts))
    sheet.y = bottom


def _place(sheet: Sheet, row: Row) -> tuple[float, float, str]:
    """Where the words begin, and how much room they have."""
    if row.wide:
        left = sheet.lanes[sheet.heads[0].key]
        return left + 16, sheet.end - left - 44, "start"
    lane = row.left if row.left in sheet.lanes else sheet.heads[0].key
    x = sheet.life(lane) + (13 if row.arrow else 17)
    if row.arrow or sheet.end - x >= TIGHT:
        return x, sheet.end - x - 22, "start"
    return x - 34, TIGHT * 1.5, "end"


def _lines(lines: list[list[StyledText]], x: float, y: float, anchor: str, *, backed: bool) -> list[Shapes]:
    """The words, on a ground that keeps lifelines from running through them."""
    made: list[Shapes] = []
    for number, line in enumerate(lines):
        width = measured(line)
        if backed and line:
            left = x - width - 2 if anchor == "end" else x - 2
            at = y + LINE * number
            made.append(
                tag("rect", x=left, y=at - 11.5, width=width + 4, height=15, fill=ink()["panel"], fill_opacity=0.85)
            )
        made.append(text(line, x, y + LINE * number, anchor))
    return made


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
        for there, top, end in ((part.up, sheet.y, mid), (part.down, mid, bottom)):
            if there:
                fill = svg_marks.fill_of(part.name)
                made.append(tag("rect", x=x + 6, y=top, width=PART - 12, height=end - top, fill=fill))
        if part.text:
            edge = c["bad"] if part.name == "missing" and part.down else c["line-2"]
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
    lane = ghost.arrow.left if ghost.arrow else ghost.lane
    words = [StyledText(ghost.title, c["ink-3"], 12.5, 480, strike=ghost.never)]
    words += [StyledText(_("never happened"), c["bad"], 10.5, 750)] if ghost.never else []
    if ghost.arrow:
        ends = sheet.life(ghost.arrow.src), sheet.life(ghost.arrow.dst)
        parts.append(svg_marks.arrow(ghost.arrow, *ends, mid + 8, ghost=True))
    room = wrap(words, 4000)
    x, anchor = sheet.life(lane) + 17, "start"
    if measured(room[0]) > sheet.end - x:
        x, anchor = x - 34, "end"
    parts += _lines(room, x, top + (16 if ghost.arrow else 24), anchor, backed=True)
    sheet.drawn.append(tag("g", *parts, opacity=0.9))
    sheet.y = bottom
