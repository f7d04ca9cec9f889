"""A withdrawal's statements as data, so that a process without Django can run them: a bare worker, another library.

Nothing of the lab is imported here. A parameter that depends on the withdrawal is a mark, `{"$": kind, "of": …}`.
"""

import contextlib
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pymongo
from psycopg.types.json import set_json_loads

MARK = "$"


def filled(value: Any, tx: str, account: str, amount: Decimal) -> Any:
    """A parameter of this withdrawal."""
    if not isinstance(value, dict) or MARK not in value:
        return value
    kind, of = value[MARK], value.get("of", "")
    if kind == "message":
        return str(uuid.uuid5(uuid.UUID(tx), of))
    return {"tx": tx, "account": account, "amount": amount, "now": datetime.now(UTC), "text": of.format(tx=tx)}[kind]


class Hands:
    """One client's connections, opened when they are needed; every statement is prepared."""

    def __init__(self, databases: dict[str, str], notification: str) -> None:
        self._at, self._notification = databases, notification
        self._open: dict[str, psycopg.Connection[Any]] = {}
        self._mongo: pymongo.MongoClient[dict[str, Any]] | None = None

    def connection(self, alias: str) -> "psycopg.Connection[Any]":
        if alias not in self._open:
            self._open[alias] = opened = psycopg.connect(self._at[alias], autocommit=True, prepare_threshold=0)
            set_json_loads(lambda raw: raw if isinstance(raw, str) else bytes(raw).decode(), opened)
        return self._open[alias]

    def rows(self, alias: str, sql: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        cursor = self.connection(alias).execute(sql, params or None)  # type: ignore[call-overload]
        if cursor.description is None:
            return []
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def collection(self, name: str) -> Any:
        if self._mongo is None:
            self._mongo = pymongo.MongoClient(self._notification, timeoutMS=5000)
        return self._mongo.get_default_database("notification")[name]

    def upsert(self, name: str, number: str, document: dict[str, Any]) -> None:
        self.collection(name).update_one({"_id": number}, {"$setOnInsert": document}, upsert=True)

    def undo(self) -> None:
        """After an error: no transaction is left open."""
        for connection in self._open.values():
            with contextlib.suppress(psycopg.Error):
                connection.execute("ROLLBACK")

    def close(self) -> None:
        for connection in self._open.values():
            connection.close()
        if self._mongo is not None:
            self._mongo.close()


@contextlib.contextmanager
def hands(databases: dict[str, str], notification: str) -> Iterator[Hands]:
    made = Hands(databases, notification)
    try:
        yield made
    finally:
        made.close()


def carry_out(at: Hands, hop: list[dict[str, Any]], tx: str, account: str, amount: Decimal) -> None:
    """One hop: its statements, and its documents."""
    for one in hop:
        given = {name: filled(value, tx, account, amount) for name, value in one["params"].items()}
        if "sql" in one:
            at.rows(one["alias"], one["sql"], given)
        else:
            at.upsert("notifications", given.pop("_id"), given)


def read(path: str) -> dict[str, Any]:
    """What the bench has written for its children: {databases, notification, broker, amount, hops: {queue, work}}."""
    with open(path) as file:
        found: dict[str, Any] = json.load(file)
    return found
