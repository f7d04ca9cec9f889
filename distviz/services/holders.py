"""Which prepared transaction holds a row. It has no process, so no session's view shows it, and after a lock time-out
PostgreSQL names the row and not its holder."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connections

from distviz.codes import LOCK_TIMEOUT, Reason
from distviz.trace import reasons

_PLACE = re.compile(r'tuple \((\d+,\d+)\) in relation "(\w+)"')
_OF_ROW = """
SELECT p.gid FROM {table} t JOIN pg_prepared_xacts p ON p.transaction = t.xmax WHERE {where}
"""
# Who is not the first to wait is not told which row it is.
_WAITED_FOR = """
SELECT p.gid FROM pg_prepared_xacts p WHERE p.database = current_database() AND EXISTS (
    SELECT 1 FROM pg_locks w WHERE w.locktype = 'transactionid' AND w.transactionid = p.transaction AND NOT w.granted)
"""


def of_row(alias: str, table: str, where: str, params: Mapping[str, Any]) -> str:
    """The name of the prepared transaction that holds this row, or ""."""
    return _gid(alias, _OF_ROW.format(table=table, where=where), params)


@contextmanager
def raised_in(alias: str) -> Iterator[None]:
    """An error that is raised in here says in which database."""
    try:
        yield
    except OperationalError as error:
        error.alias = alias  # type: ignore[attr-defined]
        raise


@reasons.explains(LOCK_TIMEOUT)
def _named(error: BaseException) -> Reason | None:
    """Asked after the transaction is over, of an error that says in which database it was raised."""
    alias = getattr(error, "alias", "")
    if not alias or connections[alias].in_atomic_block:
        return None
    try:
        gid = _holder(alias, reasons.where(error))
    except (DatabaseError, InterfaceError):
        return None
    return Reason.of("held_by_prepared", gid=gid) if gid else None


def _holder(alias: str, where: str) -> str:
    place = _PLACE.search(where)
    found = of_row(alias, place[2], "t.ctid = %(ctid)s::tid", {"ctid": f"({place[1]})"}) if place else ""
    return found or _gid(alias, _WAITED_FOR, {})


def _gid(alias: str, sql: str, params: Mapping[str, Any]) -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone()
    return str(row[0]) if row else ""
