"""A probe as the page shows it: what this run has written and not committed, beside what another session reads."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from distviz.probe import probing as probes
from distviz.probe.isolation import Observation, says_who
from distviz.probe.locks import Contender, RowLock
from distviz.probe.probing import Probe, StoreReading
from distviz.story.words import changes
from distviz.trace.models import Run
from protocols import registry

_SHOWN = ("balance", "status", "kind", "type", "event_type", "amount", "delta", "version")


@dataclass(frozen=True)
class StoreLine:
    """One question and its answers. `mine` is "" where the run has nothing uncommitted."""

    row: str
    sql: str
    mine: str
    theirs: str
    differs: bool
    serializable: str
    lock: RowLock | None
    holder: str
    error: str


@dataclass(frozen=True)
class ProbePanel:
    """The whole panel; `digest` tells whether anything is new, `line` is kept in the page's record."""

    probe: Probe
    lines: list[StoreLine]
    observations: list[Observation]
    serializable: list[StoreLine]
    digest: str
    line: str

    @property
    def waiters(self) -> list[Contender]:
        return [who for line in self.lines if line.lock for who in line.lock.waiters]


def ask(run: Run) -> ProbePanel:
    """Ask every store of this run now."""
    lesson = registry.get(run.protocol)
    return shown(probes.now(run, lesson.reads(run), lesson.halves))


def shown(probe: Probe) -> ProbePanel:
    lines = [_line(answer) for answer in probe.answers]
    summary = "; ".join(f"{line.row}: {line.theirs}" for line in lines if line.theirs or line.error)
    locked = [line.row for line in lines if line.lock and not line.lock.free]
    summary += "; " + _("%(rows)s locked") % {"rows": ", ".join(locked)} if locked else ""
    summary = " · ".join([summary, *(observation.title for observation in probe.observations)])
    digest = hashlib.sha256(summary.encode()).hexdigest()[:16]
    serializable = [line for line in lines if line.serializable]
    return ProbePanel(probe, lines, probe.observations, serializable, digest, summary)


def _line(answer: StoreReading) -> StoreLine:
    theirs = _rows(answer.rows)
    serializable = "" if answer.serializable in (None, answer.rows) else _rows(answer.serializable or [])
    mine = _fields(answer.uncommitted) if answer.uncommitted else ""
    held = answer.lock is not None and not answer.lock.free
    return StoreLine(
        row=f"{answer.read.store} · {answer.read.row}",
        sql=" ".join(answer.read.sql.split()),
        mine=mine,
        theirs=theirs,
        differs=bool(mine) and mine != theirs,
        serializable=serializable,
        lock=answer.lock,
        holder=says_who(answer.lock.holder) if held and answer.lock else "",
        error=answer.error,
    )


def _rows(rows: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(_fields(row) for row in rows) or _("no row")


def _fields(row: Mapping[str, Any]) -> str:
    """The most telling value first; its name only where the value does not say what it is."""
    values = [_value(name, row[name]) for name in _SHOWN if row.get(name) not in (None, "")]
    return " ".join(values[:2]) or ", ".join(str(value) for value in row.values())


def _value(name: str, value: Any) -> str:
    text = changes.text(value)
    return _("version %(n)s") % {"n": text} if name == "version" else text
