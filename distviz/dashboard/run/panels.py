"""The tables beside the picture: balances, what the protocol itself wrote down, and apart from them what the auditor
says. Read when asked, from the services' own databases; one that does not answer costs its own panel and no other."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from distviz.dashboard.accounts import of_people
from distviz.dashboard.desks import desk
from distviz.services.auditor import auditing
from distviz.services.books import Balance, Books
from distviz.story.words import changes, columns
from protocols.catalogue import Protocol

_log = logging.getLogger(__name__)
SHOWN = 8
ACROSS = 40  # letters that fit beside each other in the rail, and on a phone
LONG = 16  # letters; a longer text is broken (templates/parts/panels.html)
_RUN_COLUMNS = ("tx_id", "withdrawal_id", "run", "run_id")
_HIDDEN = {"id", "protocol", "updated_at", "at", "reason"}
_ACCOUNTS = {"account", "user_id", "user__name"}


@dataclass(frozen=True)
class Field:
    """A cell of a panel; `run` links it to the run that it belongs to."""

    text: str
    run: str = ""
    number: bool = False
    heading: str = ""


@dataclass(frozen=True)
class Table:
    title: str
    columns: list[str] = field(default_factory=list)
    rows: list[list[Field]] = field(default_factory=list)
    more: int = 0
    broken: bool = False

    @property
    def stacked(self) -> bool:
        """Whether it has more columns than stand beside each other there: then each row is said line by line, for a
        column that is cut is the one that one came for."""
        wide = [max(map(len, (head, *(row[n].text for row in self.rows)))) for n, head in enumerate(self.columns)]
        return sum(min(letters, LONG) + 2 for letters in wide) > ACROSS


@dataclass(frozen=True)
class SidePanels:
    """Everything that stands beside a picture."""

    accounts: list[Balance]
    balances: list[Balance]
    more_balances: int
    tables: list[Table]
    silent: list[str]
    warning: tuple[str, Any] | None = None


def beside(protocol: Protocol, account: str = "") -> SidePanels:
    """The panels of a protocol, those of one account first where there are many."""
    silent: list[str] = []
    known: list[Balance] = _ask(protocol.books.accounts, _("balances"), silent) or []
    mine, accounts = [b for b in known if b.name == account], of_people(known, account)
    others = [b for b in accounts if b.name != account]
    shown = sorted(mine + others[: SHOWN - len(mine)], key=accounts.index)
    return SidePanels(
        accounts, shown, len(accounts) - len(shown), tables(protocol, account), silent, desk.warning(protocol.key)
    )


def books(protocol: Protocol, *, complete: bool = False) -> tuple[Books | None, list[str]]:
    """The auditor's panel, which is asked for by itself; and what does not answer. None without that: it would take a
    complete audit, which nobody waits for who did not ask."""
    silent: list[str] = []
    asked = auditing.now if complete else auditing.known
    return _ask(lambda: asked(protocol.key, protocol.books), _("books"), silent), silent


def tables(protocol: Protocol, account: str = "") -> list[Table]:
    return [_table(str(panel.title), panel.rows, account) for panel in protocol.panels]


def _ask(question: Callable[[], Any], name: str, silent: list[str]) -> Any:
    try:
        return question()
    except Exception:
        _log.warning("panel: %s could not be read", name, exc_info=True)
        silent.append(name)
        return None


def _table(title: str, ask: Callable[..., Iterable[Mapping[str, Any]]], account: str) -> Table:
    silent: list[str] = []
    found: list[Mapping[str, Any]] | None = _ask(lambda: list(ask(account) if account else ask()), title, silent)
    if found is None:
        return Table(title, broken=True)
    names = [name for name in (found[0] if found else {}) if name not in _HIDDEN and _says(found, name)]
    if account:  # then it is the same in every row
        names = [name for name in names if name not in _ACCOUNTS]
    names.sort(key=lambda name: name not in _RUN_COLUMNS)  # the run first: it is what a row is about
    headings = [_heading(name) for name in names]
    rows = [
        [replace(_field(name, row.get(name)), heading=heading) for name, heading in zip(names, headings, strict=True)]
        for row in found[:SHOWN]
    ]
    return Table(title, headings, rows, more=len(found) - len(rows))


def _says(found: list[Mapping[str, Any]], name: str) -> bool:
    """A column that is empty everywhere tells nothing."""
    return any(row.get(name) not in (None, "") for row in found)


def _heading(name: str) -> str:
    return _("run") if name in _RUN_COLUMNS else columns.title(name)


def _field(name: str, value: Any) -> Field:
    if name in _RUN_COLUMNS and value:
        return Field(str(value)[:8], run=str(value))
    if isinstance(value, Decimal):
        return Field(changes.amount(value), number=True)
    if isinstance(value, datetime):
        return Field(value.strftime("%H:%M:%S"))
    if isinstance(value, UUID):
        return Field(str(value)[:8])
    return Field("—" if value in (None, "") else str(value))
