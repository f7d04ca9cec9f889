"""An exploration to take away: its map as a picture, its tries as a table, a report, and all of it for programs."""

from collections.abc import Callable, Iterator
from xml.etree.ElementTree import tostring

from django.utils.translation import gettext as _

from distviz.dashboard.explore import drawing, words
from distviz.explore import chart, telling
from distviz.explore.kinds import counterexamples
from distviz.explore.models import Exploration
from distviz.export import csv_text
from protocols import registry


def svg(exploration: Exploration) -> str:
    return tostring(drawing.draw(exploration, _parts(exploration)), encoding="unicode")


def csv(exploration: Exploration) -> str:
    head = ("number", "kind", "failures", "order", "end", "fired", "wrong", "took_ms", "run")
    rows = []
    for one in exploration.tries.all():
        told = one.as_dict()
        what, order = " ".join(map(str, one.what)), " ".join(name for name, _others in one.order)
        rows.append(
            [
                told["number"],
                one.kind,
                what,
                order,
                one.end,
                one.fired,
                "; ".join(told["wrong"]),
                one.took_ms,
                one.run_id,
            ]
        )
    return csv_text.write(head, rows)


def markdown(exploration: Exploration) -> str:
    return "\n".join(_report(exploration)) + "\n"


def _report(exploration: Exploration) -> Iterator[str]:
    protocol = registry.get(exploration.protocol)
    yield f"# {protocol.title}: {_('explored')}"
    yield ""
    yield from (f"- {line.strip()}" for line in telling.lines(exploration))
    yield ""
    yield f"| | {' | '.join(words.done(key) for key in chart.DONE)} |"
    yield f"|---|{'---|' * len(chart.DONE)}"
    for part in _parts(exploration):
        title = part.step.title if part.step else _("elsewhere")
        for line in part.lines:
            ends = [words.end(mark.end) if mark else "" for mark in line.marks]
            yield f"| {title}: `{line.point}` | {' | '.join(ends)} |"
    for one in counterexamples(list(exploration.tries.all())):
        yield ""
        yield f"- {telling.sentence(one)}"
        yield f"  `{telling.again(exploration, one)}`"


def _parts(exploration: Exploration) -> list[chart.PathPart]:
    protocol = registry.get(exploration.protocol)
    tries = list(exploration.tries.defer("met", "order"))
    return chart.parts(protocol, tries, exploration.met, exploration.attempts)


FORMATS: dict[str, tuple[str, Callable[[Exploration], str]]] = {
    "svg": ("image/svg+xml", svg),
    "csv": ("text/csv", csv),
    "md": ("text/markdown", markdown),
    "json": ("application/json", telling.as_json),
}
