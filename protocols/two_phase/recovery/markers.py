"""A marker is the last row that a prepared transaction writes. It becomes visible with the COMMIT and proves it ever
after: a transaction that is gone has committed if its marker is there, and was rolled back, or never was, if not."""

import orjson

from distviz.errors import Coded
from distviz.services.places import Place
from distviz.services.prepared import at_the_end, when_finished
from distviz.trace import context, guards, steps

GUARD = "marker_row"
MARK = "INSERT INTO two_phase_marker (tx_id, did, at) VALUES (%(tx)s, %(did)s::jsonb, now())"
MARKER = "SELECT did::text AS did FROM two_phase_marker WHERE tx_id = %(tx)s"


class BrokenPromise(Coded):
    """A participant did something else than what was decided: its transaction was finished by hand."""


@at_the_end
def leave(place: Place, tx_id: str) -> None:
    """Move what was done so far out of the picture and into the transaction: it is not true before the COMMIT."""
    opened = context.open_step()
    did = {"changes": opened.changes, "money": opened.money} if opened else {"changes": [], "money": {}}
    steps.ran(f"INSERT INTO two_phase_marker (tx_id, did, at) VALUES ('{tx_id}', …, now())")
    place.ask(MARK, {"tx": tx_id, "did": orjson.dumps(did).decode()})
    if opened:
        opened.data["pending"], opened.changes, opened.money = opened.changes, [], {}


@when_finished
def check(place: Place, tx_id: str, verb: str, found: bool) -> None:
    """Believe the marker, not the absence of an error. Without this guard what is gone has been done."""
    if not found and guards.off(GUARD):
        return
    if verb == "COMMIT PREPARED":
        _committed(place, tx_id)
    elif not found and place.ask(MARKER, {"tx": tx_id}):
        raise BrokenPromise("abort_was_committed", who=place.name)


def _committed(place: Place, tx_id: str) -> None:
    """The rows that it wrote are committed from now on."""
    marker = place.ask(MARKER, {"tx": tx_id})
    if not marker:
        raise BrokenPromise("commit_was_lost", who=place.name)
    opened = context.open_step()
    if opened:
        did = orjson.loads(marker[0]["did"])
        opened.changes, opened.money = did["changes"], did["money"]
