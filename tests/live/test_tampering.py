"""The auditor notices whatever row is changed by hand, and says which promise is broken: each column of each table that
says something of money, one edit after the other, each put right again."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pymongo
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from tests.support.edits import ALL, EDITS, OTHER, Edit
from tests.support.stack import Stack, wait_for


def broken(stack: Stack, protocol: str) -> list[str]:
    books = stack.client.get("/api/books", params={"protocol": protocol}, timeout=60).raise_for_status().json()
    return [one["id"] for one in books[protocol]["invariants"] if not one["holds"]]


@dataclass
class Bench:
    """Runs that are over, one for each protocol and failure, and a way to change a row for a moment."""

    stack: Stack
    runs: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def params(self, edit: Edit) -> dict[str, str]:
        run, name = self.runs[edit.protocol, edit.faults]
        return {"run": run, "name": name, "protocol": edit.protocol}

    def noticed(self, edit: Edit) -> list[str]:
        """What is broken while the rows are as `edit` wants them; then they are put back, whatever happens."""
        with psycopg.connect(self.stack.dsn(edit.alias), row_factory=dict_row, autocommit=True) as connection:
            with superuser(connection, edit.table):
                table, which, given = sql.Identifier(edit.table), sql.SQL(edit.where), self.params(edit)
                kept = connection.execute(KEEP.format(table, which), given).fetchall()
                assert kept, edit
                if edit.do:
                    made = connection.execute(CHANGE.format(table, sql.SQL(edit.do), table, which), given).fetchall()
                else:
                    made = connection.execute(DELETE.format(table, table, which), given).fetchall()
            trouble, rows = None, [row["ctid"] for row in made] if edit.do else []
            with connection.transaction():
                connection.execute(LOCK.format(table), [rows])  # no recovery mends it while the auditor looks
                try:
                    found = broken(self.stack, edit.protocol)
                except Exception as error:
                    found, trouble = [], error
                with superuser(connection, edit.table):
                    connection.execute(REMOVE.format(table), [rows])
                    for row in kept:
                        names = sql.SQL(", ").join(sql.Identifier(name) for name in row["row"] if name not in GENERATED)
                        connection.execute(PUT_BACK.format(table, names, names, table), [json.dumps(row["row"])])
        if trouble:
            raise trouble
        return found

    def told_otherwise(self, protocol: str, change: dict[str, Any] | None) -> list[str]:
        """The same for the notification of a run: without `change` it is deleted."""
        run, _name = self.runs[protocol, ""]
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(self.stack.dsn("notification"))
        with client:
            documents = client.get_default_database("notification")["notifications"]
            kept = documents.find_one({"_id": f"{run}:withdrawn"})
            assert kept
            documents.delete_one({"_id": kept["_id"]})
            if change is not None:
                documents.insert_one({**kept, **change})
            try:
                return broken(self.stack, protocol)
            finally:
                documents.delete_one({"_id": (change or {}).get("_id", kept["_id"])})
                documents.insert_one(kept)


KEEP = sql.SQL("SELECT to_jsonb(t) AS row FROM {} t WHERE {}")
CHANGE = sql.SQL("UPDATE {} SET {} WHERE ctid IN (SELECT ctid FROM {} WHERE {}) RETURNING ctid::text")
DELETE = sql.SQL("DELETE FROM {} WHERE ctid IN (SELECT ctid FROM {} WHERE {}) RETURNING ctid::text")
LOCK = sql.SQL("SELECT 1 FROM {} WHERE ctid = ANY(%s::tid[]) FOR UPDATE")
REMOVE = sql.SQL("DELETE FROM {} WHERE ctid = ANY(%s::tid[])")
PUT_BACK = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM jsonb_populate_record(NULL::{}, %s::jsonb)")
GENERATED = {"touched"}  # the database's own
GUARDS = ("events_append_only", "events_in_commit_order", "events_never_below_zero")


@contextmanager
def superuser(connection: psycopg.Connection[dict[str, Any]], table: str) -> Iterator[None]:
    """Past triggers and foreign keys, and past the guards of the event store."""

    def guards(how: str) -> None:
        for name in GUARDS if table == "events" else ():
            connection.execute(sql.SQL("ALTER TABLE events {} TRIGGER {}").format(sql.SQL(how), sql.Identifier(name)))

    connection.execute("SET session_replication_role = replica")
    guards("DISABLE")
    try:
        yield
    finally:
        guards("ENABLE ALWAYS")
        connection.execute("SET session_replication_role = origin")


@pytest.fixture(scope="module")
def bench(stack: Stack, account: Callable[[], str]) -> Bench:
    made = Bench(stack)
    for protocol, faults in dict.fromkeys((edit.protocol, edit.faults) for edit in EDITS):
        name = account()
        made.runs[protocol, faults] = stack.withdraw(protocol, name, *faults.split()), name
    for run_id, _name in made.runs.values():
        stack.ended(run_id, 60)
    settled = "SELECT (SELECT max(position) FROM events) <= position AS done FROM checkpoint"
    wait_for(lambda: stack.sql("events", settled)[0]["done"], 30, "the read models are there")
    assert {protocol: broken(stack, protocol) for protocol in ALL.split()} == {key: [] for key in ALL.split()}
    return made


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_an_edit_by_hand_is_noticed(bench: Bench, edit: Edit) -> None:
    assert edit.breaks in bench.noticed(edit)


NOTIFICATIONS: dict[str, dict[str, Any] | None] = {
    "deleted": None,
    "cents": {"cents": 1},
    "account": {"account": "alice"},
    "kind": {"kind": "refunded"},
    "text": {"text": "All is well."},
    "number": {"_id": "another"},
    "withdrawal": {"withdrawal_id": OTHER},
    "protocol": {"protocol": "monolith"},
}


@pytest.mark.parametrize("protocol", [key for key in ALL.split() if key != "monolith"])
@pytest.mark.parametrize("change", NOTIFICATIONS)
def test_a_notification_that_says_something_else_is_noticed(bench: Bench, protocol: str, change: str) -> None:
    assert "I14" in bench.told_otherwise(protocol, NOTIFICATIONS[change])


def test_everything_was_put_back(bench: Bench) -> None:
    assert bench.stack.manage("books", check=False).returncode == 0
