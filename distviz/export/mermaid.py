"""The run as a Mermaid sequence diagram, for a README, an issue or a wiki.

Arrows are messages (`-x` one that was lost), activations are open transactions, notes say what became of them.
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from distviz.export.one_run import Story
from distviz.story.picture.rows import Row, heads
from distviz.story.words import changes

_LINES = {"command": "->>", "event": "--)", "reply": "-->>"}
_PLAIN = frozenset(" .,:!?()/+-=_'$→−–—…·“”↩")


def draw(story: Story) -> str:
    return "\n".join(_lines(story)) + "\n"


def text(words: str) -> str:
    """Words that Mermaid takes as words: all else is written as a character code, `#59;` for a semicolon."""
    line = " ".join(words.split())
    return "".join(c if (c.isalnum() or c in _PLAIN) else f"#{ord(c)};" for c in line)


def _lines(story: Story) -> Iterator[str]:
    picture = story.picture
    yield "sequenceDiagram"
    yield f"    title {text(title(story))}"
    for head in heads(story.protocol):
        store = f" ({head.store})" if head.store else ""
        yield f"    {'actor' if head.key == 'client' else 'participant'} {head.key} as {text(head.title + store)}"
    across = f"{picture.lanes[0]},{picture.lanes[-1]}"
    active: set[str] = set()
    for row in picture.rows:
        below = {cell.lane for cell in row.cells if cell.goes_on}
        yield from (f"    activate {lane}" for lane in sorted(below - active))
        yield from (f"    {line}" for line in _row(row, across))
        yield from (f"    deactivate {lane}" for lane in sorted(active - below))
        active = below
    yield from (f"    deactivate {lane}" for lane in sorted(active))


def title(story: Story) -> str:
    """Such as "Saga: $100.00 from alice. Compensated, Consistent"."""
    picture = story.picture
    return _("%(name)s: %(sum)s from %(who)s. %(status)s, %(verdict)s") % {
        "name": story.protocol.short,
        "sum": changes.dollars(story.run.amount),
        "who": story.run.account,
        "status": picture.status_words,
        "verdict": picture.verdict_words,
    }


def _row(row: Row, across: str) -> Iterator[str]:
    if row.gap:
        yield f"Note over {across}: {text(f'{row.gap} {row.gap_why}')}"
    says = text(words_of(row))
    if row.arrow and row.arrow.fate != "parked":
        lost = row.arrow.fate == "lost"
        line = "-x" if lost else _LINES.get(row.arrow.form, "->>")
        yield f"{row.arrow.src}{line}{row.arrow.dst}: {says}"
        if row.arrow.fate == "twice":
            yield f"{row.arrow.src}{line}{row.arrow.dst}: {text(_('%(name)s, duplicate') % {'name': row.name})}"
    elif row.wide:
        yield f"Note over {across}: {says}"
    elif not _said_by_shapes(row) and any(cell.lane == row.lane for cell in row.cells):
        yield f"Note over {row.lane}: {says}"
    if row.wrong_now:
        yield f"Note over {across}: {text(row.wrong_now)}"


def _said_by_shapes(row: Row) -> bool:
    """An arrow that arrived, an activation that begins: no note says it once more."""
    begun = (row.kind, row.phase) == ("step", "begin") and row.attempt == 1 and not row.makes_good_title
    return begun or (row.kind, row.phase) == ("message", "received")


def words_of(row: Row) -> str:
    """The label of a row in one line: its word, what it is about, what it compensates, its note."""
    label = row.label
    good = "↩ " + _("compensates “%(step)s”") % {"step": row.makes_good_title} if row.makes_good_title else ""
    head = " ".join(part for part in (label.word, label.what) if part)
    return ", ".join(part for part in (head, good, label.note) if part)
