"""One batch of the projector: events, views and checkpoint in one transaction. What dies with its process has not
happened, and the lock on the checkpoint's row makes two projectors one."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from distviz.trace.log import dumps
from protocols.event_sourcing.aggregate import PREFIX
from protocols.event_sourcing.batch_log import Story, failing
from protocols.event_sourcing.places import PROJECTOR
from protocols.event_sourcing.views import COLUMNS, Balance, Entry, Row, Views

NAME = "accounts"
SIZE = 500

_LOCK = "SELECT position FROM checkpoint WHERE name = %(name)s FOR UPDATE SKIP LOCKED"
_READ = f"SELECT {COLUMNS} FROM events WHERE position > %(after)s ORDER BY position LIMIT %(limit)s"
_VIEWS = "SELECT account, balance, version, position, at::text, error FROM balance_view WHERE account = ANY(%(names)s)"
_BALANCES = """
INSERT INTO balance_view (account, balance, version, position, at, error)
SELECT account, balance, version, position, at, error FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS v(account text, balance numeric, version int, position bigint, at timestamptz, error text)
ON CONFLICT (account) DO UPDATE SET balance = excluded.balance, version = excluded.version,
    position = excluded.position, at = excluded.at, error = excluded.error
"""
_HISTORY = """
INSERT INTO history_view (position, account, type, delta, balance, withdrawal_id, at)
SELECT position, account, type, delta, balance, withdrawal_id, at FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS h(position bigint, account text, type text, delta numeric, balance numeric, withdrawal_id uuid, at timestamptz)
"""
_MOVE = "UPDATE checkpoint SET position = %(position)s, at = clock_timestamp() WHERE name = %(name)s"
_OLD = """
SELECT 1 FROM events WHERE position = %(position)s AND at <= clock_timestamp() - %(age)s * interval '1 second'
"""


class Busy(Exception):
    """Another projector is at work on these read models."""


def project_batch(run_id: str, min_age: float) -> int:
    """Events, views and checkpoint: one transaction."""
    with Story(run_id) as story:
        with transaction.atomic(using=PROJECTOR.alias):
            after = _lock(story)
            rows = _mine(_read(story, after), run_id, min_age)
            if not rows:
                return 0
            story.begins({row[4] for row in rows if row[4]})
            views = _views(story, {row[1] for row in rows})
            history = list(views.project(rows))
            _write(story, views, history, rows[-1][0])
            story.breaks()
        story.tell(after, rows, history)
    return len(rows)


def _lock(story: Story) -> int:
    found = story.run(_LOCK, name=NAME)
    if not found:
        raise Busy
    return int(found[0]["position"])


def _read(story: Story, after: int) -> list[Row]:
    return [_row(row) for row in story.run(_READ, after=after, limit=SIZE)]


def _mine(rows: list[Row], run_id: str, min_age: float) -> list[Row]:
    """Stop before the events of another run that is to fail on purpose, unless it has had its time."""
    to_fail = failing({row[4] for row in rows if row[4]}) - {run_id}
    if rows and rows[0][4] in to_fail and not run_id:
        if not PROJECTOR.ask(_OLD, {"position": rows[0][0], "age": min_age}):
            return []
        to_fail -= {rows[0][4]}
    first = next((number for number, row in enumerate(rows) if row[4] in to_fail), len(rows))
    return rows[:first]


def _views(story: Story, streams: set[str]) -> Views:
    names = sorted(stream.removeprefix(PREFIX) for stream in streams)
    found = {row["account"]: Balance(**row) for row in story.run(_VIEWS, names=names)}
    return Views({stream: found[name] for stream in streams if (name := stream.removeprefix(PREFIX)) in found})


def _write(story: Story, views: Views, history: list[Entry], position: int) -> None:
    story.run(_BALANCES, rows=dumps(list(views.balances.values())))
    if history:
        story.run(_HISTORY, rows=dumps([entry._asdict() for entry in history]))
    story.run(_MOVE, position=position, name=NAME)


def rebuild() -> int:
    """Make the read models anew from the store alone; readers see the old ones until that is done."""
    views, count, position = Views(), 0, 0
    with transaction.atomic(using=PROJECTOR.alias):
        PROJECTOR.ask("SELECT 1 FROM checkpoint WHERE name = %(name)s FOR UPDATE", {"name": NAME})
        PROJECTOR.ask("DELETE FROM history_view")
        PROJECTOR.ask("DELETE FROM balance_view")
        while rows := _rows_after(position):
            PROJECTOR.ask(_HISTORY, {"rows": dumps([entry._asdict() for entry in views.project(rows)])})
            count, position = count + len(rows), rows[-1][0]
        PROJECTOR.ask(_BALANCES, {"rows": dumps(list(views.balances.values()))})
        PROJECTOR.ask(_MOVE, {"position": position, "name": NAME})
    return count


def _rows_after(position: int) -> list[Row]:
    return [_row(row) for row in PROJECTOR.ask(_READ, {"after": position, "limit": 10 * SIZE})]


def _row(row: Mapping[str, Any]) -> Row:
    return tuple(row.values())  # type: ignore[return-value]
