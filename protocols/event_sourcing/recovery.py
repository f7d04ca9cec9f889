"""What the queue lost is driven on from the store alone: the stream of an open withdrawal says what is next."""

import logging

from django.conf import settings

from distviz.trace import context
from distviz.trace.quiet import quiet
from distviz.trace.registering import sweeps
from distviz.trace.sending import backlog, note_redriven, send
from distviz.trace.steps import step
from distviz.trace.sweeps import QUEUES
from protocols.event_sourcing import store
from protocols.event_sourcing.aggregate import CorruptStream
from protocols.event_sourcing.commands import NEXT, next_message
from protocols.event_sourcing.events import MoneyRefunded
from protocols.event_sourcing.places import EVENTS

_log = logging.getLogger(__name__)

# Each open withdrawal is handed to one caller only.
_STILL_OPEN = """
UPDATE open_withdrawals SET touched_at = clock_timestamp() WHERE withdrawal_id IN (
    SELECT withdrawal_id FROM open_withdrawals
    WHERE touched_at <= clock_timestamp() - %(age)s * interval '1 second'
    ORDER BY touched_at LIMIT 100 FOR UPDATE SKIP LOCKED
) RETURNING withdrawal_id::text AS id, account
"""


@sweeps(EVENTS)
def redrive(min_age: float) -> int:
    """Send again what the stream of each open withdrawal says is next, if nobody is working on it."""
    if min_age and backlog(QUEUES) > 2 * settings.WORKER_CONCURRENCY:
        min_age = max(min_age, settings.T_TERM)  # late, not lost
    found = {row["id"]: row["account"] for row in EVENTS.ask(_STILL_OPEN, {"age": min_age})}
    return sum(_drive(found[withdrawal], withdrawal) for withdrawal in quiet(list(found), min_age))


def _drive(name: str, withdrawal: str) -> bool:
    try:
        account = store.load(name, withdrawal)
    except CorruptStream as error:  # the others are not to wait for this one
        _log.error("%s", error)
        return False
    if account.last not in NEXT:
        return False
    message = next_message(account)
    delivery = note_redriven(withdrawal, EVENTS.lane, type(message).__name__, "event_store")
    if delivery is None:
        return False
    token = context.enter(delivery)
    try:
        undone = isinstance(message, MoneyRefunded)
        with step("look it up", at=None, status="compensating" if undone else "running"):
            store.show(account, account.known)
        send(message)
    finally:
        context.leave(token)
    return True
