"""Copies of the rows that a run has in a database, by one statement for each table: INSERT … SELECT over a series of
numbers. Every uuid in them, in a column or within a document, becomes another one that depends on it and on the number
alone, so that the copies in all databases belong together."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connections
from psycopg import sql
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, PyMongoError

from distviz.services import places

DOCUMENTS, TRIES = 200, 5
_THERE_ALREADY = 11000
_UUID = re.compile(r"([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})")
_OF_RUNS = ("run_id", "tx_id", "withdrawal_id")
_LEFT_OUT = ("events", "history_view", "open_withdrawals")  # a stream is more than rows: copied_streams.py
# The tables with rows of runs, and by which column; the runs first, for the others refer to them.
_TABLES = """
SELECT c.relname AS name, a.attname AS key FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.atttypid = 'uuid'::regtype
    AND (a.attname = ANY(%(keys)s) OR (c.relname, a.attname) = ('runs', 'id')) AND NOT c.relname = ANY(%(without)s)
ORDER BY c.relname <> 'runs', c.relname
"""
_COLUMNS = """
SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = ''
ORDER BY attnum
"""
_COPY = """
INSERT INTO {table} ({columns}) SELECT one.* FROM generate_series({first}, {last}) AS n
CROSS JOIN LATERAL (SELECT {ids} OFFSET 0) AS ids
CROSS JOIN LATERAL (VALUES {rows}) AS one
"""

Row = dict[str, str | None]


@dataclass(frozen=True)
class Copies:
    """Numbers `first` to `last` of the copies of one run."""

    original: str
    first: int
    last: int

    @property
    def number(self) -> int:
        return self.last - self.first + 1


def copy(alias: str, copies: Copies, *, whole_logs: bool) -> None:
    """Everything of this run in this database."""
    for table in places.ask(alias, _TABLES, {"keys": list(_OF_RUNS), "without": list(_LEFT_OUT)}):
        types = columns(alias, table["name"])
        rows = _rows(alias, table["name"], table["key"], types, copies.original)
        if not whole_logs:
            rows = _shortened(table["name"], rows)
        if rows:
            _run(alias, _statement(table["name"], types, rows, copies))


def columns(alias: str, table: str) -> dict[str, str]:
    """The type of each, but for those that the database fills in by itself."""
    return {row["name"]: row["type"] for row in places.ask(alias, _COLUMNS, {"table": table})}


def _rows(alias: str, table: str, key: str, types: Mapping[str, str], run: str) -> list[Row]:
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in types)
    question = sql.SQL("SELECT {} FROM {} WHERE {} = {} ORDER BY 1, 2")
    named = texts, sql.Identifier(table), sql.Identifier(key), sql.Literal(run)
    return _run(alias, question.format(*named))


def _shortened(table: str, rows: list[Row]) -> list[Row]:
    """The first and the last event, and a run that has two."""
    if table == "run_events":
        rows = sorted(rows, key=lambda row: int(row["seq"] or 0))
        ends = {**rows[0], "seq": "1"}, {**rows[-1], "seq": "2", "caused_by": None}
        return list(ends)
    return [{**row, "seq": "2"} for row in rows] if table == "runs" else rows


def _statement(table: str, types: Mapping[str, str], rows: list[Row], copies: Copies) -> sql.Composed:
    found = sorted({uuid for row in rows for value in row.values() for uuid in _UUID.findall(value or "")})
    names = {uuid: sql.SQL(f"ids.u{number}") for number, uuid in enumerate(found)}
    ids = [
        sql.SQL("md5({} || n)::uuid::text AS {}").format(sql.Literal(uuid), sql.Identifier(f"u{number}"))
        for number, uuid in enumerate(found)
    ]
    copied = [
        sql.SQL("({})").format(sql.SQL(", ").join(_value(row[name], type_, names) for name, type_ in types.items()))
        for row in rows
    ]
    return sql.SQL(_COPY).format(
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(map(sql.Identifier, types)),
        first=sql.Literal(copies.first),
        last=sql.Literal(copies.last),
        ids=sql.SQL(", ").join(ids),
        rows=sql.SQL(", ").join(copied),
    )


def _value(value: str | None, type_: str, names: Mapping[str, sql.SQL]) -> sql.Composable:
    """The value of a column in a copy. What comes later in a table is later by the clock as well."""
    cast = sql.SQL(type_)
    if value is None:
        return sql.SQL("NULL::{}").format(cast)
    if type_.startswith("timestamp"):
        return sql.SQL("{}::{} + n * interval '1 microsecond'").format(sql.Literal(value), cast)
    parts = [names[part] if part in names else sql.Literal(part) for part in _UUID.split(value) if part]
    return sql.SQL("({})::{}").format(sql.SQL(" || ").join(parts or [sql.Literal("")]), cast)


def _run(alias: str, statement: sql.Composed) -> list[Row]:
    connections[alias].ensure_connection()
    return places.ask(alias, statement.as_string(connections[alias].connection))


# --- documents ------------------------------------------------------------------------------------------------------


def copy_documents(documents: "Collection[dict[str, Any]]", copies: Copies) -> None:
    found = list(documents.find({"withdrawal_id": copies.original}))  # by an index, see notification.make_indexes
    for start in range(copies.first, copies.last + 1, DOCUMENTS) if found else ():
        numbers = range(start, min(start + DOCUMENTS, copies.last + 1))
        _insert(documents, [{name: _other(value, n) for name, value in one.items()} for n in numbers for one in found])


def _insert(documents: "Collection[dict[str, Any]]", made: list[dict[str, Any]]) -> None:
    """Once more if the server was too slow to say whether it has them."""
    for left in reversed(range(TRIES)):
        try:
            documents.insert_many(made, ordered=False)
            return
        except BulkWriteError as error:
            if any(one["code"] != _THERE_ALREADY for one in error.details["writeErrors"]):
                raise
            return
        except PyMongoError:
            if not left:
                raise


def _other(value: Any, n: int) -> Any:
    return _UUID.sub(lambda uuid: other(uuid[0], n), value) if isinstance(value, str) else value


def other(uuid: str, n: int) -> str:
    """As PostgreSQL makes it of it: md5(uuid || n)::uuid."""
    return str(UUID(hashlib.md5(f"{uuid}{n}".encode(), usedforsecurity=False).hexdigest()))
