"""The projector follows whatever happens: it is patient with another one, a tick calls it when no message does, and
people stop it and start it."""

import logging
import time

from django.conf import settings

from distviz.codes import Reason
from distviz.errors import NotNow, Transient
from distviz.trace import context
from distviz.trace.registering import sweeps
from protocols.event_sourcing import checkpoint, points
from protocols.event_sourcing.checkpoint import IS_AHEAD
from protocols.event_sourcing.messages import EventsAppended
from protocols.event_sourcing.projection import PROJECTOR, follow, project_batch

_log = logging.getLogger(__name__)
# Seconds to wait for another projector before each try. It takes the new events along, or else the tick does.
PAUSES = (0.0, 0.005, 0.02, 0.05)
# A run whose own batch is to fail tries for as long as the tick leaves its events alone.
OWN_TIME = settings.T_TERM / 2
LONG_PAUSES = (*PAUSES, *(0.1,) * int(OWN_TIME / 0.1))

_REACHED = f"""
SELECT c.position >= %(position)s AS done, c.stopped, {IS_AHEAD} AS ahead FROM checkpoint c WHERE c.name = 'accounts'
"""
_PENDING = f"""
SELECT c.position < COALESCE((SELECT max(position) FROM events), 0) AS pending, c.stopped, {IS_AHEAD} AS ahead
FROM checkpoint c WHERE c.name = 'accounts'
"""


@follow.instead
def patiently(event: EventsAppended) -> None:
    """Catch up, unless that is done already. What this pass cannot have, the next tick gets."""
    asking = context.current()
    for pause in LONG_PAUSES if points.to_fail([event.tx_id]) else PAUSES:
        time.sleep(pause)
        now = PROJECTOR.ask(_REACHED, {"position": event.position})[0]
        if now["ahead"]:
            _note("ahead", "the checkpoint is not in the store")
            return
        if now["done"]:
            return
        if now["stopped"]:
            _note("stopped", "the projector is stopped")
            return
        batch = points.pass_for(asking)
        try:
            with context.handling(batch):
                follow.react(event)
        except Transient as error:
            if not is_busy(error):
                raise
        if batch.projected:
            return
    _note("busy", "another projector is at work")


@follow.gives_up
def leave_it(event: EventsAppended, error: Reason) -> None:
    """The events are in the store and the run does not wait for views: the tick goes on trying."""
    _note("behind", "left to the next tick", error)


def _note(phase: str, what: str, error: Reason | None = None) -> None:
    if delivery := context.current():
        delivery.tell("projection", phase, what, error=error)


@sweeps(PROJECTOR)
def tick(min_age: float) -> int:
    """The projector follows the store by itself. Returns how many events it projected."""
    try:
        now = PROJECTOR.ask(_PENDING)[0]
        if now["pending"] and not now["stopped"] and not now["ahead"]:
            return catch_up(min_age)
        return 0
    except Exception as error:  # the other sweeps of this queue are not to suffer
        if not is_busy(error):
            _log.warning("the projector could not go on", exc_info=True)
        return 0


def catch_up(min_age: float = 0) -> int:
    """A pass for all, by hand also while the projector is stopped. Returns how many events it projected. With a
    `min_age` it leaves the events of a run that is to fail to that run, until they are older than OWN_TIME. Raises
    NotNow if the checkpoint is ahead of the store, Transient if another projector is at work."""
    if wrong := checkpoint.ahead():
        raise NotNow(wrong)
    batch = points.pass_for(None, OWN_TIME if min_age else 0)
    with context.handling(batch):
        while project_batch():
            pass
    return batch.projected


def is_busy(error: Exception) -> bool:
    """Another projector is at work."""
    return isinstance(error, Transient) and error.reason.code == "another_projector"
