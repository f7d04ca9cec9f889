"""The run as a Markdown document: what was asked, how it ended, every step in one table, and the Mermaid diagram."""

import re
from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _

from distviz import money
from distviz.export import mermaid
from distviz.export.one_run import Story
from distviz.story import outcome
from distviz.story.money_strip import PARTS, TOLD
from distviz.story.picture.rows import Row
from distviz.story.words import changes

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def text(words: object) -> str:
    """Words that Markdown takes as words, in one line: also in the cell of a table."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(words).split()))


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(text(name) for name in head) + " |"
    yield "|" + " --- |" * len(head)
    yield from ("| " + " | ".join(text(value) for value in row) + " |" for row in rows)


def draw(story: Story) -> str:
    return "\n".join(_lines(story)) + "\n"


def _lines(story: Story) -> Iterator[str]:
    run, picture = story.run, story.picture
    yield f"# {text(mermaid.title(story))}"
    yield ""
    yield text(picture.progress.doing)
    yield ""
    facts = [
        (_("Run"), run.pk),
        (_("Protocol"), story.protocol.title),
        (_("Asked for"), _("%(sum)s from %(who)s") % {"sum": changes.dollars(run.amount), "who": run.account}),
        (_("At"), run.created_at.isoformat(timespec="milliseconds")),
        (_("Where the money is"), ", ".join(f"{total} {word}" for _css, word, total in outcome.parts(picture.money))),
        *((_("Failure"), f"{fault.at}: {fault.do} ×{fault.times}") for fault in story.faults),
        *((_("Guard taken out"), key) for key in story.without),
        *([(_("Note"), run.note)] if run.note else []),
    ]
    yield from table((_("What"), _("Value")), facts)
    yield ""
    yield f"## {text(_('What happened, step by step'))}"
    yield ""
    head = [_("step"), _("time"), _("where"), _("what"), _("account"), _("in flight"), _("paid"), _("missing")]
    shown: tuple[str, ...] = PARTS
    if any(row.money.overpaid for row in picture.rows):
        head, shown = [*head, _("paid twice")], TOLD
    yield from table(head, (_row(row, shown) for row in picture.rows))
    yield ""
    yield "```mermaid"
    yield mermaid.draw(story).rstrip("\n")
    yield "```"


def _row(row: Row, shown: Iterable[str]) -> list[object]:
    where = f"{row.lane_title} → {row.to_title}" if row.to_title else row.lane_title
    parts = [money.text(row.money.part(name)) for name in shown]
    what = ", ".join(filter(None, (mermaid.words_of(row), row.wrong_now)))
    return [row.seq, row.offset, where, what, *parts]
