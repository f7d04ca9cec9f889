"""/api/runs/{id}/probe and /rival: what another session reads of an open withdrawal, and what a second one meets."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from distviz.api import shapes
from distviz.api.schemas import Number, Rival
from distviz.probe import probing
from distviz.runs import lookup, rivals
from distviz.web import doorway
from protocols import registry

router = Router(tags=["runs"])


@router.get("/runs/{run_id}/probe", summary="What another session reads right now")
def probe_now(request: HttpRequest, run_id: Number) -> dict[str, Any]:
    """Every store is asked on a connection of its own, under READ COMMITTED and SERIALIZABLE, and whether SELECT …
    FOR UPDATE NOWAIT would get the account's row (else 55P03, who holds it and who waits). Beside it, what the run has
    written and not committed. It never waits for a lock."""
    run = lookup.get(run_id)
    lesson = registry.get(run.protocol)
    return probing.now(run, lesson.reads(run), lesson.halves).as_dict()


@router.post("/runs/{run_id}/rival", summary="A second withdrawal from the same account, now", response={202: Any})
def rival(request: HttpRequest, run_id: Number, payload: Rival | None = None) -> Status[Any]:
    """While the run is open: same account, same protocol, at full speed. It meets what the first one has locked,
    appended or left over. The two are linked in their logs."""
    made = doorway.ask(doorway.asker(request), rivals.rival(run_id, payload.amount if payload else None))
    return Status(202, {**shapes.accepted(made), "rival_of": lookup.get(run_id).pk})
