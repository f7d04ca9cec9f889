"""What a participant with a PostgreSQL database does: its work and a marker in one prepared transaction."""

from collections.abc import Callable

import orjson
from django.db import OperationalError

from distviz.errors import Transient
from distviz.services.places import Place
from distviz.trace import context, steps
from distviz.trace.messages import Message
from distviz.trace.models import Run
from protocols.two_phase import xa

LOCK_TIMEOUT = "55P03"

_MARK = "INSERT INTO two_phase_marker (tx_id, did, at) VALUES (%(tx)s, %(did)s::jsonb, now())"
_MARKER = "SELECT did::text AS did FROM two_phase_marker WHERE tx_id = %(tx)s"


class BrokenPromise(Exception):
    """A participant did something else than what was decided: somebody has finished its transaction by hand."""


def prepare(place: Place, request: Message, work: Callable[[Message], None]) -> None:
    """Do the work and promise that COMMIT will work. Raises Declined for a business "no", CannotPrepare for another."""
    if not xa.is_prepared(place, request.tx_id):
        try:
            with xa.prepared(place, request.tx_id):
                work(request)
                _leave_marker(place, request)
        except OperationalError as error:
            if xa.sqlstate(error) == LOCK_TIMEOUT:
                raise Transient(f"lock timeout: {_who_holds(place, request)}") from error
            raise
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


def _who_holds(place: Place, request: Message) -> str:
    """The withdrawal from the same account that is prepared here and waits to hear what was decided, if it is that."""
    others = set(in_doubt(place, 0)) - {request.tx_id}
    holder = Run.objects.filter(pk__in=others, protocol=request.protocol, account=request.user_id).first()
    if holder is None:
        return f"another transaction holds {request.user_id}'s row"
    return f"run {holder.pk} holds {request.user_id}'s row: it is prepared and waits for its decision"
