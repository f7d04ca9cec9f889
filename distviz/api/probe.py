"""/api/runs/{id}/probe: what another session reads of this withdrawal at this instant."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from distviz.services import probe
from distviz.trace import runs
from protocols import registry

router = Router(tags=["runs"])


@router.get("/runs/{run_id}/probe", summary="What another session reads right now")
def probe_now(request: HttpRequest, run_id: str) -> dict[str, Any]:
    """Every store is asked on a connection of its own, under READ COMMITTED and SERIALIZABLE, and whether SELECT …
    FOR UPDATE NOWAIT would get the account's row (else 55P03, who holds it and who waits). Beside it, what the run has
    written and not committed. It never waits for a lock."""
    run = runs.get(run_id)
    lesson = registry.get(run.protocol)
    return probe.now(run, lesson.reads(run), lesson.halves).as_dict()
