"""The point of no return of a run that is over, beside its rows: at each point that it passed, how a run like it ended
that died there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from distviz.dashboard.explore import words
from distviz.explore import turning
from distviz.explore.models import RUNNING, Exploration
from distviz.explore.turning import HAPPENS, Death, Turning
from distviz.story.picture.ghosts import name_of
from distviz.story.shapes import EventLike
from distviz.story.words import points
from distviz.story.words.changes import dollars
from distviz.trace.models import Run
from distviz.web import permits
from protocols import registry
from protocols.catalogue import Protocol

# A point is met when its step has begun and nothing is kept of it, or else when its step has ended.
_BEGUN = ("before_prepare", "before_tx", "in_tx", "in_batch", "before_commit", "after_prepared", "after_commits")
_ENDED = ("coordinator.before_prepare",)  # just before the first message, which the step has led to
_ON_ITS_WAY = ("sent", "delayed", "parked", "lost", "delivered")


@dataclass(frozen=True)
class ShownDeath:
    """A cell: what it says, and the run that it opens."""

    death: Death
    place: str
    ended: str
    says: str
    icon: str
    run: str
    seq: int | None  # of the row at which it stands; None if this run has none

    @property
    def css(self) -> str:
        return f"x-{self.death.end or 'none'} {self.death.happens.replace('_', '-') or 'unsure'}"


@dataclass(frozen=True)
class RowDeaths:
    """What stands at one row."""

    seq: int
    cells: Sequence[ShownDeath]
    turns: Sequence[str] = ()


def of(request: HttpRequest, run: Run, log: Sequence[EventLike]) -> dict[str, Any]:
    """What the page needs: two statements at the most, one while nobody has looked."""
    offered = run.finished_at is not None and permits.may_break(request) and permits.may(request, "explore")
    found = Exploration.objects.filter(of_run=run.pk).first() if run.finished_at else None
    return {"may_turn": offered, "deaths": {}} | (shown(found, run, log) if found else {})


def shown(exploration: Exploration, run: Run, log: Sequence[EventLike]) -> dict[str, Any]:
    tries = list(exploration.tries.defer("met", "order", "wrong"))
    found, protocol = turning.of(exploration, tries), registry.get(run.protocol)
    rows = _rows(protocol, log)
    cells = [_shown(death, rows.get(death.point)) for death in found.deaths]
    running, ended = exploration.state_now == RUNNING, {cell.death.end for cell in cells}
    return {
        "turning": exploration,
        "turning_runs": running,
        "turning_done": len(tries),
        "turning_says": list(_sentences(found, run, running=running)),
        "cells": cells,
        "ends": [(end, icon, words.end(end)) for end, icon in words.ICONS.items() if end in ended],
        "deaths": _by_row(cells, found, log),
    }


def _shown(death: Death, seq: int | None) -> ShownDeath:
    tried, place = death.tried, points.place(death.point)
    happens = {HAPPENS: _("the withdrawal took place"), "": ""}.get(death.happens, _("no withdrawal took place"))
    ended = ", ".join(filter(None, (words.end(death.end), happens)))
    return ShownDeath(
        death,
        place,
        ended,
        _("If everything dies here (%(place)s): %(ended)s") % {"place": place, "ended": ended},
        words.ICONS.get(death.end, ""),
        reverse("dashboard:run", args=[tried.run_id]) if tried else "",
        seq,
    )


def _sentences(found: Turning, run: Run, *, running: bool) -> Iterable[str]:
    """The two moments, once they are known."""
    if certain := found.certain:
        point, amount = {"point": points.place(certain.point)}, {"sum": dollars(run.amount)}
        yield (
            _("From “%(point)s” on the withdrawal can no longer be called back.") % point
            if certain.happens == HAPPENS
            else _("From “%(point)s” on the withdrawal can no longer take place.") % point
        )
        yield (
            _("Whatever dies from then on, %(sum)s is paid.") % amount
            if certain.happens == HAPPENS
            else _("Whatever dies from then on, %(sum)s stays in the account, or goes back to it.") % amount
        )
    elif not running:
        yield _("There is none: to the last it depends on where everything dies, or it is not known of each point.")
    if lost := found.losing:
        yield _("Money is lost if everything dies between “%(first)s” and “%(last)s”.") % {
            "first": points.place(lost[0].point),
            "last": points.place(lost[-1].point),
        }
    elif found.deaths and all(death.end for death in found.deaths):
        yield _("Money is lost at no point.")
    if safe := found.safe:
        yield _("From “%(point)s” on it can no longer be lost.") % {"point": points.place(safe.point)}


def _by_row(cells: Sequence[ShownDeath], found: Turning, log: Sequence[EventLike]) -> dict[int, RowDeaths]:
    """Each row has its place, for cells that are still to come."""
    by_row: dict[int, list[ShownDeath]] = defaultdict(list)
    turns: dict[int, list[str]] = defaultdict(list)
    for cell in cells:
        if cell.seq is not None:
            by_row[cell.seq].append(cell)
            turns[cell.seq] += _turns(cell.death, found)
    return {event.seq: RowDeaths(event.seq, by_row[event.seq], turns[event.seq]) for event in log}


def _turns(death: Death, found: Turning) -> Iterable[str]:
    if found.losing and death is found.losing[0]:
        yield _("from here money can be lost")
    if death is found.safe:
        yield _("from here money can no longer be lost")
    if death is found.certain:
        yield _("the point of no return")


def _rows(protocol: Protocol, log: Sequence[EventLike]) -> Mapping[str, int]:
    """By point, the number of the event at which it is met for the first time."""
    begun: dict[str, int] = {}
    ended: dict[str, int] = {}
    sent: dict[str, int] = {}
    for event in log:
        if event.kind == "message" and event.phase in _ON_ITS_WAY:
            sent.setdefault(event.name, event.seq)
        elif event.kind == "step":
            (begun if event.phase == "begin" else ended).setdefault(event.name, event.seq)
    rows: dict[str, int] = {}
    for step in protocol.steps:
        name = name_of(step)
        for point, _does in step.points():
            where = sent if step.to else begun if _is_ahead(point) else ended
            if name in where:
                rows.setdefault(point, where[name])
    return rows


def _is_ahead(point: str) -> bool:
    return point not in _ENDED and point.rpartition(".")[2] in _BEGUN
