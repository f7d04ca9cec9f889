"""The projector: follows the store from a checkpoint, batch after batch, and keeps the read models."""

import logging
import time
from contextlib import suppress
from typing import Any

from distviz.codes import Reason
from distviz.story.words.sentences import english
from distviz.trace import context, log
from distviz.trace.bus import on
from distviz.trace.registering import sweeps
from protocols.event_sourcing.batch import NAME, Busy, project_batch, rebuild
from protocols.event_sourcing.batch_log import failing
from protocols.event_sourcing.events import EventsAppended
from protocols.event_sourcing.places import PROJECTOR

__all__ = ["Busy", "catch_up", "lag", "rebuild", "start", "stop", "tick"]

_log = logging.getLogger(__name__)
# Seconds that one waits for another projector before each try. It takes the new events along, or else the tick does;
# a run that wants its own batch to fail is more patient.
PATIENCE = (0.0, 0.005, 0.02, 0.05)
MORE_PATIENCE = (*PATIENCE, *(0.1,) * 20)

_LAG = """
SELECT c.position AS projected, c.stopped, COALESCE((SELECT max(position) FROM events), 0) AS committed,
    n.events, COALESCE(extract(epoch FROM clock_timestamp() - n.since), 0)::float AS seconds
FROM checkpoint c, LATERAL (
    SELECT count(*) AS events, min(at) AS since
    FROM (SELECT at FROM events WHERE position > c.position ORDER BY position LIMIT 100000) ahead
) n
WHERE c.name = %(name)s
"""
_REACHED = "SELECT position >= %(position)s AS done, stopped FROM checkpoint WHERE name = %(name)s"
_PENDING = """
SELECT EXISTS (SELECT 1 FROM events e WHERE e.position > c.position) AS pending, stopped
FROM checkpoint c WHERE c.name = %(name)s
"""


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
def leave_it(event: EventsAppended, error: Reason) -> None:
    """The events are in the store and the run does not wait for views: the tick goes on trying."""
    _note("behind", f"left to the next tick: {english(error)}", event.tx_id)


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
    while count := project_batch(run_id, min_age):
        total += count
    return total


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
