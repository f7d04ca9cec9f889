"""What hangs on a statement of a protocol's page: who shows its rows in the picture, or acts on them, is called after
it has run. So the page says SQL and nothing else."""

from collections.abc import Callable, Mapping
from typing import Any

from distviz.trace.handlers import Place

Rows = list[dict[str, Any]]
Reaction = Callable[[Place, Mapping[str, Any], Rows], object]

_AT: dict[str, list[Reaction]] = {}


def at_statement(sql: str) -> Callable[[Reaction], Reaction]:
    """Register who is called whenever a service has run this statement: called with (place, parameters, rows)."""

    def register(reaction: Reaction) -> Reaction:
        _AT.setdefault(sql, []).append(reaction)
        return reaction

    return register


def react(place: Place, sql: str, params: Mapping[str, Any], rows: Rows) -> None:
    for reaction in _AT.get(sql, ()):
        reaction(place, params, rows)
