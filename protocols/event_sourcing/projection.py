"""The projector: follows the store from a checkpoint and keeps the read models. Views and checkpoint change in one
transaction, so a batch that dies with its process has not happened; the checkpoint's row lock makes two projectors one.
"""

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.db import transaction

from distviz.trace import context, log
from distviz.trace.bus import on
from distviz.trace.log import dumps
from distviz.trace.sweeps import sweeps
from protocols.event_sourcing.aggregate import PREFIX
from protocols.event_sourcing.events import EventsAppended
from protocols.event_sourcing.places import PROJECTOR
from protocols.event_sourcing.story import Story, failing
from protocols.event_sourcing.views import COLUMNS, Balance, Entry, Row, Views

_log = logging.getLogger(__name__)
NAME = "accounts"
BATCH = 500
# Seconds that one waits for another projector before each try. It takes the new events along, or else the tick does;
# a run that wants its own batch to fail is more patient.
PATIENCE = (0.0, 0.005, 0.02, 0.05)
MORE_PATIENCE = (*PATIENCE, *(0.1,) * 20)

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
_LAG = """
SELECT c.position AS projected, c.stopped, COALESCE((SELECT max(position) FROM events), 0) AS committed,
    n.events, COALESCE(extract(epoch FROM clock_timestamp() - n.since), 0)::float AS seconds
FROM checkpoint c, LATERAL (
    SELECT count(*) AS events, min(at) AS since
    FROM (SELECT at FROM events WHERE position > c.position ORDER BY position LIMIT 100000) ahead
) n
WHERE c.name = %(name)s
"""
_OLD = """
SELECT 1 FROM events WHERE position = %(position)s AND at <= clock_timestamp() - %(age)s * interval '1 second'
"""
_REACHED = "SELECT position >= %(position)s AS done, stopped FROM checkpoint WHERE name = %(name)s"
_PENDING = """
SELECT EXISTS (SELECT 1 FROM events e WHERE e.position > c.position) AS pending, stopped
FROM checkpoint c WHERE c.name = %(name)s
"""


class Busy(Exception):
    """Another projector is at work on these read models."""


@on(PROJECTOR, EventsAppended)
def follow(event: EventsAppended) -> None:
    """Somebody appended: catch up. What this pass cannot have, the next tick gets."""
    for pause in MORE_PATIENCE if failing([event.tx_id]) else PATIENCE:
        time.sleep(pause)
        now = PROJECTOR.ask(_REACHED, {"position": event.position, "name": NAME})[0]
        if now["done"]:
            return
        if now["stopped"]:
            _note("stopped", "the projector is stopped", event.tx_id)
            return
        with suppress(Busy):
            if catch_up(event.tx_id):
                return
    _note("busy", "another projector is at work", event.tx_id)


@follow.gives_up
def leave_it(event: EventsAppended, error: str) -> None:
    """The events are in the store and the run does not wait for views: the tick goes on trying."""
    _note("behind", f"left to the next tick: {error}", event.tx_id)


@sweeps(PROJECTOR)
def tick(min_age: float) -> int:
    """Nobody has to call the projector for it to follow. Returns how many events it projected."""
    try:
        now = PROJECTOR.ask(_PENDING, {"name": NAME})[0]
        return catch_up(min_age=min_age) if now["pending"] and not now["stopped"] else 0
    except Busy:
        return 0
    except Exception:  # the other sweeps of this queue are not to suffer
        _log.warning("the projector could not go on", exc_info=True)
        return 0


def catch_up(run_id: str = "", *, min_age: float = 0) -> int:
    """Project batch after batch until nothing is left. Raises Busy.

    A run's failures are its own: they happen in the passes that it asked for (`run_id`). A pass for everybody leaves
    the events of such a run to it, until they are `min_age` seconds old.
    """
    total = 0
    while count := _batch(run_id, min_age):
        total += count
    return total


def _batch(run_id: str, min_age: float) -> int:
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
    return [_row(row) for row in story.run(_READ, after=after, limit=BATCH)]


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


# --- for people, health checks and other modules --------------------------------------------------------------------


def lag() -> dict[str, Any]:
    """How far the read models are behind: {projected, committed, stopped, events, seconds, parked}."""
    found = PROJECTOR.ask(_LAG, {"name": NAME})[0]
    parked = PROJECTOR.ask("SELECT account, error FROM balance_view WHERE error <> '' ORDER BY account")
    return {**found, "seconds": round(found["seconds"], 3), "parked": parked}


def stop() -> None:
    """Let the read models grow old. Runs go on and end: a run is over when its last event is in the store."""
    PROJECTOR.ask("UPDATE checkpoint SET stopped = true WHERE name = %(name)s", {"name": NAME})


def start() -> None:
    PROJECTOR.ask("UPDATE checkpoint SET stopped = false WHERE name = %(name)s", {"name": NAME})


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
    return [_row(row) for row in PROJECTOR.ask(_READ, {"after": position, "limit": 10 * BATCH})]


def _row(row: Mapping[str, Any]) -> Row:
    return tuple(row.values())  # type: ignore[return-value]


def _note(phase: str, what: str, run_id: str) -> None:
    delivery = context.current()
    log.append(
        run_id,
        lane=PROJECTOR.lane,
        kind="projection",
        phase=phase,
        name=what,
        caused_by=delivery.cause if delivery else None,
        span_id=delivery.span_id if delivery else "",
    )
