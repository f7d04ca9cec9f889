"""What hangs on a statement of a protocol's page: who shows its rows in the picture, or acts on them, is told after it
has run. So the page says SQL and nothing else."""

from collections.abc import Callable, Mapping
from typing import Any

from distviz.trace.handlers import Place

Rows = list[dict[str, Any]]
Told = Callable[[Place, Mapping[str, Any], Rows], object]

_AT: dict[str, list[Told]] = {}


def at_statement(sql: str) -> Callable[[Told], Told]:
    """Register who is told whenever a service has run this statement: called with (place, parameters, rows)."""

    def register(told: Told) -> Told:
        _AT.setdefault(sql, []).append(told)
        return told

    return register


def tell(place: Place, sql: str, params: Mapping[str, Any], rows: Rows) -> None:
    for told in _AT.get(sql, ()):
        told(place, params, rows)
