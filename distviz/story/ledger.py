"""The state view: what every store said before and after each step, read down like a ledger. A pure fold."""

from collections.abc import Iterable
from dataclasses import dataclass

from distviz.story.picture.rows import Row
from distviz.story.words.changes import Change

Key = tuple[str, str, str]  # store, row, field


@dataclass(frozen=True, slots=True)
class Entry:
    """One event that changed rows: the change, and what stayed as it was in the same stores."""

    row: Row
    changed: list[Change]
    same: list[Change]
    pending: bool  # prepared: on disk, not visible yet


@dataclass(frozen=True, slots=True)
class Store:
    """What a store says of this run after the last event."""

    name: str
    rows: list[Change]


@dataclass(frozen=True, slots=True)
class Ledger:
    entries: list[Entry]
    stores: list[Store]


def ledger(rows: Iterable[Row]) -> Ledger:
    known: dict[Key, Change] = {}
    entries = []
    for row in rows:
        if not row.changes:
            continue
        touched = {_key(change) for change in row.changes}
        stores = {change.store for change in row.changes}
        same = [known[key] for key in known if key[0] in stores and key not in touched]
        entries.append(Entry(row, list(row.changes), same, row.phase == "prepared"))
        for change in row.changes:
            if change.verb == "deleted":
                known.pop(_key(change), None)
            else:
                known[_key(change)] = change
    names = dict.fromkeys(key[0] for key in known)
    return Ledger(entries, [Store(name, [known[key] for key in known if key[0] == name]) for name in names])


def _key(change: Change) -> Key:
    return change.store, change.row, change.field
