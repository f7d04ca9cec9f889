"""/api/runs: ask for a withdrawal, follow it, and do with it what an operator can do."""

import re
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from distviz.api import shapes
from distviz.api.schemas import (
    AccountFilter,
    After,
    Filter,
    Fork,
    Log,
    Nothing,
    Number,
    Page,
    Resolve,
    StatusFilter,
    Withdrawal,
)
from distviz.codes import Reason
from distviz.errors import BadRequest, DistvizError, NotFound, NotNow
from distviz.runs import acting, asking, lookup, operators
from distviz.runs.asking import NOTE_MAX
from distviz.story.conformance import laws
from distviz.trace.models import Event
from distviz.trace.statuses import STATUSES
from distviz.web import doorway, identity, permits, publishing
from protocols import registry

router = Router(tags=["runs"])
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_HEADER = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "schema": {"type": "string", "maxLength": 255},
            "description": "The same key and body find the first run again: ask as often as you like.",
        }
    ]
}


class BadKey(DistvizError):
    """An Idempotency-Key that is none."""

    status = 400
    code = "bad_idempotency_key"


@router.post("/runs", openapi_extra=_HEADER, summary="Ask for a withdrawal", response={202: Any})
def create(request: HttpRequest, payload: Withdrawal) -> Status[Any]:
    """Answers 202 as soon as the request is written down; what becomes of it is in the run's log."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise BadKey
    wanted = asking.Withdrawal(
        protocol=payload.protocol,
        account=payload.account,
        amount=payload.amount,
        note=payload.note,
        faults=payload.faults,
        mode=payload.mode,
        guards_off=payload.guards_off,
    )
    return Status(202, shapes.accepted(doorway.ask(_asker(request), wanted, key or "")))


@router.get("/runs", summary="Runs, newest first")
def listing(
    request: HttpRequest,
    protocol: Filter = "",
    status: StatusFilter = "",
    account: AccountFilter = "",
    before: str = "",
    limit: Page = 50,
) -> dict[str, Any]:
    """A page of runs; ask for the next one with `before` = `next`, until `next` is null."""
    shapes.bounded(limit, 200)
    registry.named(protocol)
    if status and status not in STATUSES:
        raise BadRequest("status", "one_of", known=", ".join(STATUSES))
    if account and (not account.isprintable() or len(account) > 40):
        raise BadRequest("account", "account_name")
    if before and lookup.older_than(before) is None:
        raise BadRequest("before", "next_of_the_page_before")
    wanted = lookup.Wanted(protocol=protocol, statuses=(status,) if status else (), account=account)
    page, after = lookup.page(wanted, before, limit)
    return {"runs": shapes.runs(page), "next": after}


@router.get("/runs/{run_id}", summary="One run")
def one(request: HttpRequest, run_id: Number) -> dict[str, Any]:
    return shapes.run(lookup.get(run_id))


@router.get("/runs/{run_id}/events", summary="The run log")
def events(request: HttpRequest, run_id: Number, after: After = 0, limit: Log = 5000) -> list[dict[str, Any]]:
    """The events of this run in their order, from `after` on. `seq` has no gaps."""
    shapes.bounded(limit, 5000)
    if not 0 <= after < 2**31:
        raise BadRequest("after", "last_seq")
    try:
        number = UUID(run_id)
    except ValueError:
        raise NotFound("no_such_run") from None
    found = shapes.events(number, after, limit)
    if not found:
        lookup.get(number)
    return found


@router.get("/runs/{run_id}/conformance", summary="Whether the log is one that its protocol can write")
def conformance(request: HttpRequest, run_id: Number) -> dict[str, Any]:
    """`first` is the first event that breaks a law, null if none does; a log that goes on is legal as far as it is."""
    run = lookup.get(run_id)
    log = Event.objects.filter(run=run).order_by("seq").defer("lines", "changes", "statements")
    return laws.check(registry.get(run.protocol), log).as_dict()


@router.post("/runs/{run_id}/release", summary="Let a held step go on")
def release(request: HttpRequest, run_id: Number, payload: Nothing | None = None) -> dict[str, Any]:
    with operators.recording(operators.actor(request), "release", run=run_id):
        return shapes.run(acting.release(run_id))


@router.post("/runs/{run_id}/retry", summary="The operator's retry")
def retry(request: HttpRequest, run_id: Number, payload: Nothing | None = None) -> dict[str, Any]:
    with operators.recording(operators.actor(request), "retry", run=run_id):
        return shapes.run(publishing.patiently(lambda: acting.retry(run_id)))


@router.post("/runs/{run_id}/resolve", summary="Commit or roll back what is in doubt")
def resolve(request: HttpRequest, run_id: Number, payload: Resolve | None = None) -> dict[str, Any]:
    run = lookup.get(run_id)
    doubts = registry.get(run.protocol).doubts
    if doubts is None or not doubts.rows(str(run.pk)):
        raise NotNow("no_prepared_transaction")
    if payload is None or payload.action is None:
        raise BadRequest("action", "commit_or_rollback")
    if payload.reason is None:
        raise BadRequest("reason", "reason_wanted", most=NOTE_MAX)
    actor = operators.actor(request)
    with operators.recording(
        actor, payload.action, run=run.pk, target=Reason("target_in_doubt"), reason=payload.reason
    ):
        doubts.decide(str(run.pk), payload.action, payload.reason, actor)
    return shapes.run(lookup.get(run_id))


@router.post("/runs/{run_id}/fork", summary="The same request again with other faults", response={202: Any})
def fork(request: HttpRequest, run_id: Number, payload: Fork | None = None) -> Status[Any]:
    made = doorway.ask(_asker(request), acting.fork(run_id, payload.faults if payload else []))
    return Status(202, {**shapes.accepted(made), "forked_from": made.forked_from_id})


def _asker(request: HttpRequest) -> doorway.Asker:
    """Two users' equal keys must not meet."""
    who = identity.client(request)
    return doorway.Asker(who, identity.scope(request), permits.operates(request), identity.network(request))
