"""The six protocols as the pages list them: those of the registry, and the ones still to be built."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from distviz.story.picture import ghosts, rows
from distviz.story.picture.bars import Cell
from distviz.story.picture.ghosts import Arrow
from protocols.catalogue import Protocol
from protocols.registry import PROTOCOLS

_COMING: tuple[tuple[int, str, Any, Any], ...] = (
    (1, "monolith", _("Monolith: one ACID transaction"), _("One database, one COMMIT: everything or nothing.")),
    (
        2,
        "dual_write",
        _("Dual write: no protocol"),
        _("Write to the database, then send the message; nothing ties the two together."),
    ),
    (
        3,
        "two_phase",
        _("Two-phase commit"),
        _("Every participant prepares and holds its locks; then one decision binds all."),
    ),
    (
        4,
        "saga",
        _("Saga, by choreography"),
        _("A chain of local transactions; failures are undone by compensating transactions."),
    ),
    (5, "event_sourcing", _("Event sourcing + CQRS"), _("Only events are stored; every balance is a sum over them.")),
    (6, "outbox", _("Transactional outbox"), _("The row and the message in one transaction; a relay publishes it.")),
)


@dataclass(frozen=True)
class MiniRow:
    """A few pixels of a protocol's picture."""

    cells: tuple[Cell, ...]
    arrow: Arrow | None


@dataclass(frozen=True)
class Entry:
    """One line of the start page. `protocol` is None for one that does not exist yet."""

    number: int
    key: str
    title: Any
    one_line: Any
    protocol: Protocol | None

    @property
    def name(self) -> str:
        return str(self.protocol.short) if self.protocol else str(self.title)

    @property
    def heads(self) -> list[rows.Head]:
        return rows.heads(self.protocol) if self.protocol else []

    @property
    def mini(self) -> list[MiniRow]:
        """The happy path in miniature, drawn by the same shapes as a run."""
        return _mini(self.protocol) if self.protocol else []


def entries() -> list[Entry]:
    made = [
        Entry(p.number, p.key, p.title, p.one_line, p)
        if (p := PROTOCOLS.get(key))
        else Entry(number, key, title, one_line, None)
        for number, key, title, one_line in _COMING
    ]
    known = {key for _number, key, _title, _line in _COMING}
    made += [Entry(p.number, p.key, p.title, p.one_line, p) for p in PROTOCOLS.values() if p.key not in known]
    return sorted(made, key=lambda entry: entry.number)


def _mini(protocol: Protocol) -> list[MiniRow]:
    lanes = ghosts.used_lanes(protocol)
    blank = tuple(Cell(lane) for lane in lanes)
    drawn = [MiniRow(blank, Arrow("client", "api", "command"))]
    for step in protocol.steps:
        if step.compensation:
            continue
        if step.kind == "message":
            form = "command" if step.lane == "api" else "event"
            drawn.append(MiniRow(blank, Arrow(step.lane, step.to, form)))
        else:
            begin, commit = Cell(step.lane, "", "open", "begin"), Cell(step.lane, "open", "", "commit")
            drawn += [
                MiniRow(tuple(half if lane == step.lane else Cell(lane) for lane in lanes), None)
                for half in (begin, commit)
            ]
    return drawn
