"""What the pages of the lessons show: cards with progress, pictures with titles, evidence in sentences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from distviz.dashboard.learn import lessons
from distviz.dashboard.learn import reveal as revealing
from distviz.dashboard.promises import table
from distviz.dashboard.race.boards import Board
from distviz.story.lesson.shape import Scenario, Try
from distviz.story.picture.rows import Row
from distviz.trace.faults import FaultSpec
from distviz.trace.models import Run

# What a story is made of; the rest of the log is how it came about.
_TELLING = {"request", "decision", "fault", "retry", "sweep", "attention", "finished", "operator", "hold"}
_ALSO = {("message", "lost"), ("message", "dropped"), ("message", "ignored"), ("message", "duplicated")}
_WORK = ("commit", "rollback", "prepared")


@dataclass(frozen=True)
class Card:
    """A scenario on the list, and how one has done there: "" (not tried), open, hit or miss."""

    number: int
    scenario: Scenario
    state: str
    link: str


@dataclass(frozen=True)
class Pane:
    """The picture of one run, with the names of the requests that led to it."""

    board: Board
    titles: Sequence[str]

    @property
    def title(self) -> str:
        return " = ".join(self.titles) if any(self.titles) else ""

    @property
    def said(self) -> str:
        rows = self.board.picture.rows
        return rows[-1].sentence if rows else ""

    @property
    def story(self) -> list[Row]:
        return [row for row in self.board.picture.rows if tells(row)]


@dataclass(frozen=True)
class ShownProof:
    """A row that proves it: its sentence, and the link to that moment of its run."""

    title: str
    row: Row
    href: str


def tells(row: Row) -> bool:
    return row.kind in _TELLING or (row.kind, row.phase) in _ALSO or (row.kind == "step" and row.phase in _WORK)


def panes(scenario: Scenario, runs: Sequence[Run], boards: Iterable[Board]) -> list[Pane]:
    titles: dict[UUID, list[str]] = {}
    for shot, run in zip(scenario.shots, runs, strict=True):
        titles.setdefault(run.pk, []).append(str(shot.title))
    return [Pane(board, titles[board.run.pk]) for board in boards]


def evidence(found: revealing.Reveal, shown: Iterable[Pane]) -> list[ShownProof]:
    by_run = {pane.board.run.pk: (pane, {row.seq: row for row in pane.board.all_rows}) for pane in shown}
    made = []
    for one in found.evidence:
        pane, rows = by_run[one.run_id]
        href = f"{reverse('dashboard:run', args=[one.run_id])}?step={one.event.seq}"
        made.append(ShownProof(pane.title, rows[one.event.seq], href))
    return made


def permalink(scenario: Scenario, runs: Sequence[Run], answer: str) -> str:
    return f"{reverse('dashboard:lesson', args=[scenario.slug])}?{query(runs, answer)}"


def query(runs: Sequence[Run], answer: str) -> str:
    return f"run={','.join(run.pk.hex for run in runs)}" + (f"&{urlencode({'answer': answer})}" if answer else "")


def tries(scenario: Scenario) -> list[tuple[str, str]]:
    """(what to try, where): the lab or the race with these faults ticked."""
    return [(str(one.text), try_link(one)) for one in scenario.tries]


def try_link(one: Try) -> str:
    fields: list[tuple[str, Any]] = []
    for fault in table.specs(one.faults):
        value = f"{fault.at}:{fault.do}"
        fields += [("fault", value), (f"times:{value}", fault.times), (f"ms:{value}", fault.ms)]
    page = reverse("dashboard:lab", args=[one.protocol]) if one.protocol else reverse("dashboard:race")
    return f"{page}?{urlencode(fields)}" if fields else page


def breaks(scenario: Scenario, faults: Iterable[Sequence[FaultSpec]]) -> list[tuple[str, str, Sequence[FaultSpec]]]:
    """(title, protocol, faults) of each request, as it will be sent."""
    return [(str(shot.title), shot.protocol, specs) for shot, specs in zip(scenario.shots, faults, strict=True)]


def cards(kept: Mapping[str, Mapping[str, str]]) -> list[Card]:
    """All scenarios; those that were done are judged by their runs, as the lesson's own page does."""
    done = {slug: one for slug, one in kept.items() if slug in lessons.BY_SLUG}
    ids = {text for one in done.values() for text in one.get("runs", "").split(",") if text}
    runs = {run.pk.hex: run for run in Run.objects.filter(pk__in=[UUID(text) for text in ids])}
    known = revealing.results(runs.values(), revealing.logs(runs.values())) if runs else {}
    made = []
    for number, scenario in enumerate(lessons.SCENARIOS, 1):
        state, link = "", reverse("dashboard:lesson", args=[scenario.slug])
        one = done.get(scenario.slug, {})
        mine = [runs[text] for text in one.get("runs", "").split(",") if text in runs]
        if len(mine) == len(scenario.shots):
            case = revealing.case_of(scenario, mine, known)
            found = revealing.reveal(scenario, case, one.get("answer", ""))
            state = "open" if not found.over else "hit" if found.hit else "miss"
            link = permalink(scenario, mine, one.get("answer", ""))
        made.append(Card(number, scenario, state, link))
    return made


def level_word(level: int) -> str:
    return {1: _("beginner"), 2: _("advanced"), 3: _("expert")}[level]
