"""The whole picture as one SVG, for a document: the rows and shapes of the page, drawn from the same fold."""

from xml.etree import ElementTree

from django.utils.translation import gettext as _

from distviz.export import mermaid, svg_marks
from distviz.export.one_run import Story
from distviz.export.svg_elements import Shapes, ink, tag
from distviz.export.svg_marks import PART
from distviz.export.svg_rows import EDGE, TOP, Sheet, draw_ghost, draw_row
from distviz.export.svg_text import StyledText, text, wrap
from distviz.story.money_strip import PARTS
from distviz.story.picture.rows import heads
from distviz.story.words import changes

FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def draw(story: Story) -> str:
    sheet = Sheet(heads(story.protocol))
    for row in story.picture.rows:
        draw_row(sheet, row)
    for ghost in story.picture.ghosts():
        draw_ghost(sheet, ghost)
    grid = sheet.y
    legend = _legend(sheet)
    c = ink()
    title = mermaid.title(story)
    drawn = tag(
        "svg",
        tag("title", title, id="title"),
        tag("desc", _said(story), id="desc"),
        svg_marks.patterns(),
        tag("rect", width=sheet.width, height=sheet.y, fill=c["panel"]),
        *_top(sheet, story, title, grid),
        *sheet.drawn,
        legend,
        xmlns="http://www.w3.org/2000/svg",
        width=sheet.width,
        height=sheet.y,
        viewBox=f"0 0 {sheet.width:.0f} {sheet.y:.0f}",
        role="img",
        aria_labelledby="title desc",
        font_family=FONT,
        fill="none",
    )
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(drawn, encoding="unicode")


def _said(story: Story) -> str:
    """The outcome and, for who cannot see it, every step in one sentence each."""
    picture = story.picture
    return "\n".join([picture.progress.doing, *(f"{row.seq}. {row.sentence}" for row in picture.rows)])


def _top(sheet: Sheet, story: Story, title: str, bottom: float) -> list[Shapes]:
    """Title, what was asked, and the heads of the lanes."""
    c, run = ink(), story.run
    made: list[Shapes] = [text([StyledText(title, c["ink"], 18, 650)], EDGE, 34)]
    facts = [f"{run.created_at:%Y-%m-%d %H:%M:%S} UTC", _("run %(id)s") % {"id": run.pk}]
    facts += [f"{fault.at}: {fault.do}" for fault in story.faults] or [_("no fault injected")]
    facts += [_("without %(out)s") % {"out": ", ".join(story.without)}] if story.without else []
    made.append(text(wrap([StyledText(" · ".join(facts), c["ink-3"], 12)], 4000)[0], EDGE, 56))
    doing = wrap([StyledText(story.picture.progress.doing, c["ink-2"], 13)], sheet.width - 2 * EDGE)
    made.append(text(doing[0], EDGE, 78))
    for head in sheet.heads:
        x = sheet.lanes[head.key] + 10
        made.append(text([StyledText(head.title, c["ink"], 13, 650)], x, TOP - 26))
        made.append(text([StyledText(head.store, c["ink-3"], 11)], x, TOP - 11) if head.store else [])
    names = [_("account"), _("in flight"), _("paid"), _("missing")]
    where = _("Where the %(sum)s is") % {"sum": changes.dollars(run.amount)}
    made.append(text([StyledText(where, c["ink"], 12, 650)], sheet.end + PART * 2, TOP - 28, "middle"))
    for number, name in enumerate(names):
        made.append(text([StyledText(name, c["ink-2"], 11)], sheet.end + PART * (number + 0.5), TOP - 11, "middle"))
    made.append(tag("path", d=f"M{EDGE} {TOP - 0.5}H{sheet.width - EDGE:.1f}", stroke=c["line-2"]))
    edges = "".join(f"M{sheet.end + PART * n:.1f} {TOP}V{bottom:.1f}" for n in range(len(PARTS) + 1))
    return [*made, tag("path", d=edges, stroke=c["line"])]


def _legend(sheet: Sheet) -> Shapes:
    c = ink()
    entries = [
        (c["bar-soft"], c["bar"], _("transaction open")),
        (c["bar"], c["bar"], "COMMIT"),
        ("url(#missing)", c["bad"], _("ROLLBACK, or money missing")),
        ("url(#held)", c["doubt"], _("PREPARED, locks held")),
        ("url(#pending)", c["doubt"], _("pending document, no lock")),
        ("url(#comp)", c["comp"], "↩ " + _("compensation")),
        ("url(#in_flight)", c["warn"], _("in flight")),
        (svg_marks.fill_of("paid"), c["ok"], _("paid")),
        ("url(#twice)", c["bad"], _("paid twice")),
    ]
    x, y = float(EDGE), sheet.y + 22
    made: list[Shapes] = []
    for fill, edge, name in entries:
        label = StyledText(name, c["ink-2"], 11.5)
        if x + label.width + 30 > sheet.width:
            x, y = float(EDGE), y + 20
        made.append(tag("rect", x=x, y=y - 10, width=12, height=12, rx=2, fill=fill, stroke=edge, stroke_width=1.5))
        made.append(text([label], x + 18, y))
        x += label.width + 42
    sheet.y = y + 20
    return tag("g", *made)
