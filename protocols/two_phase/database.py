"""What a participant with a PostgreSQL database does: its work and a marker in one prepared transaction."""

import time
from collections.abc import Callable
from contextlib import suppress

import orjson
from django.conf import settings
from django.db import OperationalError

from distviz.errors import Transient
from distviz.services.places import Place
from distviz.trace import context, steps
from distviz.trace.messages import Message
from distviz.trace.models import Run
from protocols.two_phase import log, xa
from protocols.two_phase.recovery import patience

LOCK_TIMEOUT = "55P03"
LOOK_EVERY_MS = 100  # a wait for a row is a wait in PostgreSQL, interrupted to see whether its holder is decided

_MARK = "INSERT INTO two_phase_marker (tx_id, did, at) VALUES (%(tx)s, %(did)s::jsonb, now())"
_MARKER = "SELECT did::text AS did FROM two_phase_marker WHERE tx_id = %(tx)s"


class BrokenPromise(Exception):
    """A participant did something else than what was decided: somebody has finished its transaction by hand."""


def prepare(place: Place, request: Message, work: Callable[[Message], None]) -> None:
    """Do the work and promise that COMMIT will work. Raises Declined for a business "no", CannotPrepare for another."""
    give_up_at = time.monotonic() + settings.LOCK_TIMEOUT_MS / 1000
    told = False
    while not xa.is_prepared(place, request.tx_id):
        try:
            with xa.prepared(place, request.tx_id, lock_timeout_ms=min(LOOK_EVERY_MS, settings.LOCK_TIMEOUT_MS)):
                work(request)
                _leave_marker(place, request)
        except OperationalError as error:
            if xa.sqlstate(error) != LOCK_TIMEOUT:
                raise
            holder = _holder(place, request)
            if not _finish_if_decided(place, holder) and time.monotonic() > give_up_at:
                raise Transient(f"lock timeout: {_says_who(holder, request)}") from error
            _forget_attempt()
            if not told:
                steps.waits_for(f"accounts/{request.user_id}", holder, settings.LOCK_TIMEOUT_MS)
                told = True
    opened = context.open_step()
    if opened:
        opened.data["locks"] = xa.locks(place, request.tx_id)


def commit(place: Place, order: Message) -> None:
    """COMMIT PREPARED. Done before: then the marker is there, which only the commit can have made visible."""
    xa.commit(place, order.tx_id)
    if not _show_what_it_did(place, order):
        raise BrokenPromise(
            f"{place.name} voted yes, COMMIT was decided, and its prepared transaction is gone without having been "
            "committed: its part of the money has not moved. Compare the books and book it by hand."
        )


def rollback(place: Place, order: Message) -> None:
    """ROLLBACK PREPARED. Nothing there: it never was prepared, or it is rolled back already."""
    if not xa.rollback(place, order.tx_id) and place.ask(_MARKER, {"tx": order.tx_id}):
        raise BrokenPromise(
            f"ABORT was decided, but {place.name} has committed its part: money has moved that should not have. "
            "Compare the books and book it back by hand."
        )


def in_doubt(place: Place, min_age: float) -> list[str]:
    """Transactions that are prepared here, for at least that long."""
    return [tx_id for found in xa.in_doubt(place, min_age) if (tx_id := xa.tx_of(found["gid"]))]


def _leave_marker(place: Place, request: Message) -> None:
    """Move what was done so far out of the picture and into the transaction: it is not true before the COMMIT."""
    opened = context.open_step()
    did = {"changes": opened.changes, "money": opened.money} if opened else {"changes": [], "money": {}}
    steps.ran(f"INSERT INTO two_phase_marker (tx_id, did, at) VALUES ('{request.tx_id}', …, now())")
    place.ask(_MARK, {"tx": request.tx_id, "did": orjson.dumps(did).decode()})
    if opened:
        opened.data["pending"], opened.changes, opened.money = opened.changes, [], {}


def _show_what_it_did(place: Place, order: Message) -> bool:
    found = place.ask(_MARKER, {"tx": order.tx_id})
    opened = context.open_step()
    if found and opened:
        did = orjson.loads(found[0]["did"])
        opened.changes, opened.money = did["changes"], did["money"]
    return bool(found)


def _holder(place: Place, request: Message) -> str:
    """The withdrawal from the same account that is prepared here, or "" if it is somebody else who holds the row."""
    others = set(in_doubt(place, 0)) - {request.tx_id}
    holder = Run.objects.filter(pk__in=others, protocol=request.protocol, account=request.user_id).first()
    return str(holder.pk) if holder else ""


def _finish_if_decided(place: Place, holder: str) -> bool:
    """Who waits for a row whose holder is decided finishes it on the spot: the order to do so may be queued behind us.

    Not if a person holds that run, or if it is undecided: then there is nothing to do but wait.
    """
    decision = log.decision_on(holder) if holder else None
    now = patience.clock(holder) if decision else None
    if decision is None or now is None or now.in_hands or now.asleep:
        return False
    with suppress(Transient):  # somebody else is doing it at this moment
        (xa.commit if decision.commits else xa.rollback)(place, holder)
    return True


def _says_who(holder: str, request: Message) -> str:
    if not holder:
        return f"another transaction holds {request.user_id}'s row"
    return f"run {holder} holds {request.user_id}'s row: it is prepared and waits for its decision"


def _forget_attempt() -> None:
    opened = context.open_step()
    if opened:
        opened.statements.clear()
        opened.changes, opened.money = [], {}
