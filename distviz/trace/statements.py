"""What hangs on a statement of a protocol's page: who shows its rows in the picture, or acts on them, is called after
it has run. So the page says SQL and nothing else."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from distviz.trace import guards
from distviz.trace.handlers import Place

Rows = list[dict[str, Any]]
Reaction = Callable[[Place, Mapping[str, Any], Rows], object]

_AT: dict[str, list[Reaction]] = {}
_WITHOUT: dict[str, tuple[Sequence[str], Callable[[list[str]], str]]] = {}
_LATER: dict[str, str] = {}


def at_statement(sql: str) -> Callable[[Reaction], Reaction]:
    """Register who is called whenever a service has run this statement: called with (place, parameters, rows)."""

    def register(reaction: Reaction) -> Reaction:
        _AT.setdefault(sql, []).append(reaction)
        return reaction

    return register


def without(sql: str, guard: str, instead: str) -> None:
    """This statement is a guard. Where it is out, another one is run that answers with the same columns."""
    without_each(sql, (guard,), lambda _out: instead)


def without_each(sql: str, keys: Sequence[str], instead: Callable[[list[str]], str]) -> None:
    """The same for a statement that is several guards. `instead` is given those that are out."""
    _WITHOUT[sql] = keys, instead


def later_without(sql: str, guard: str) -> None:
    """That this statement is part of the open transaction is a guard. Where it is out, it is run after that one."""
    _LATER[sql] = guard


def chosen(sql: str) -> str:
    """What is run for this statement right now."""
    if sql not in _WITHOUT:
        return sql
    keys, instead = _WITHOUT[sql]
    out = [key for key in keys if guards.off(key)]
    return instead(out) if out else sql


def is_late(sql: str) -> bool:
    return sql in _LATER and guards.off(_LATER[sql])


def react(place: Place, sql: str, params: Mapping[str, Any], rows: Rows) -> None:
    for reaction in _AT.get(sql, ()):
        reaction(place, params, rows)
