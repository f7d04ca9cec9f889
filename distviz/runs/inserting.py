"""A run's row, as Django would write it. Every request writes one, and to put the statement together took longer than
to carry it out."""

from functools import lru_cache
from typing import Any

from django.db import connections

from distviz.trace.models import Run

ALIAS = "default"


def insert(run: Run) -> None:
    """Raises django.db.IntegrityError if there is one with its id or key."""
    connection: Any = connections[ALIAS]
    values = {field.column: field.get_db_prep_save(field.pre_save(run, add=True), connection) for field in _fields()}
    connection.ask(_statement(), values)
    run._state.adding, run._state.db = False, ALIAS


def _fields() -> list[Any]:
    return [field for field in Run._meta.concrete_fields if not field.generated]


@lru_cache(maxsize=1)
def _statement() -> str:
    columns = [str(field.column) for field in _fields()]
    names, values = (", ".join(form.format(name) for name in columns) for form in ('"{}"', "%({})s"))
    return f"INSERT INTO {Run._meta.db_table} ({names}) VALUES ({values})"
