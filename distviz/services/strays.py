"""Prepared transactions that no run of this lab ends: those of other programs, and those under a name like ours that
names no run. They hold rows like any other, and only a person can end them."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError, connections

from distviz.services import places, prepared_now
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.services.prepared import PREFIX

MALFORMED, FOREIGN = "malformed", "foreign"
_PARTICIPANTS = {place.alias: place for place in (ACCOUNT, PAYMENT)}


@dataclass(frozen=True)
class Stray:
    """One prepared transaction, as its server has it."""

    gid: str
    server: str
    age: float
    xid: str
    locks: list[dict[str, Any]]
    waiters: list[dict[str, Any]]

    @property
    def key(self) -> str:
        """Names are unique per server."""
        return f"{self.server}:{self.gid}"

    @property
    def malformed(self) -> bool:
        """Under a name like ours. Else it is another program's."""
        return kind(self.gid) == MALFORMED


@dataclass(frozen=True)
class FoundStrays:
    """The oldest first, and which servers did not answer: of those nothing is known."""

    strays: list[Stray]
    silent: list[str]


def find(min_age: float = 0) -> FoundStrays:
    found, silent = [], []
    for alias in connections:
        try:
            held = prepared_now.held(alias) if (rows := rows_of(alias, min_age)) else {}
        except (DatabaseError, InterfaceError):
            silent.append(alias)
            continue
        for row in rows:
            lock = held.get(row["gid"], {"xid": "", "waiters": []})
            found.append(Stray(row["gid"], alias, row["age"], lock["xid"], row["locks"], lock["waiters"]))
    return FoundStrays(sorted(found, key=lambda one: -one.age), silent)


def rows() -> list[dict[str, Any]]:
    """For programs. Raises DatabaseError if a server does not answer: then nothing is known."""
    nobody = {"run": None, "participant": None, "decision": None}
    return [
        {**row, **nobody, "server": alias, "age": round(row["age"], 1), "kind": kind(row["gid"])}
        for alias in connections
        for row in rows_of(alias)
    ]


def keys(min_age: float) -> set[str]:
    """What tells them apart: cheap enough for a badge. A server that does not answer is left out."""
    sql, found = prepared_now.NAMES.format(which=prepared_now.NOT_OURS), set()
    for alias in connections:
        with suppress(DatabaseError, InterfaceError):
            rows = places.ask(alias, sql, {"ours": ours(alias), "age": min_age})
            found |= {f"{alias}:{row['gid']}" for row in rows}
    return found


def rows_of(alias: str, min_age: float = 0) -> list[dict[str, Any]]:
    return prepared_now.rows(alias, prepared_now.NOT_OURS, {"ours": ours(alias), "age": min_age})


def ours(alias: str) -> str:
    """The pattern of the names that our runs have there; none that could be, where no run prepares anything."""
    return prepared_now.names_at(_PARTICIPANTS[alias]) if alias in _PARTICIPANTS else "^$"


def kind(gid: str) -> str:
    return MALFORMED if gid.startswith(PREFIX) else FOREIGN
