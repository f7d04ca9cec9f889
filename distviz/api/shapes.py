"""What the API shows: a run and its events as JSON. Money is a string with two decimals everywhere."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from distviz import money
from distviz.errors import BadRequest
from distviz.trace.event_json import EVENT_COLUMNS, event, shown
from distviz.trace.models import Event, Parked, Run


def events(run: UUID, after: int, limit: int) -> list[dict[str, Any]]:
    rows = Event.objects.filter(run_id=run, seq__gt=after).order_by("seq").values_list(*EVENT_COLUMNS)
    return [shown(event(row)) for row in rows[:limit]]


def runs(found: Iterable[Run]) -> list[dict[str, Any]]:
    """Runs with what belongs to them: one more query, however many they are."""
    found = list(found)
    ids = [run.pk for run in found]
    parked = defaultdict(list)
    for message in Parked.objects.filter(run__in=ids, state="parked"):
        parked[message.run_id].append(_message(message))
    return [_run(run, parked[run.pk]) for run in found]


def run(one: Run) -> dict[str, Any]:
    return runs([one])[0]


def accepted(one: Run) -> dict[str, Any]:
    """The answer to a request for a run."""
    return {"id": one.pk, "status": one.status, "links": links(one.pk)}


def links(run_id: UUID) -> dict[str, str]:
    return {
        "self": f"/api/runs/{run_id}",
        "events": f"/api/runs/{run_id}/events",
        "live": f"/ws/runs/{run_id}/",
        "page": f"/runs/{run_id}/",
    }


def bounded(limit: int, most: int) -> None:
    if not 1 <= limit <= most:
        raise BadRequest("limit", "whole_number_between", low=1, high=most)


def age(since: datetime | None) -> float | None:
    """Seconds since then."""
    return None if since is None else round((timezone.now() - since).total_seconds(), 1)


def _run(run: Run, parked: list[dict[str, Any]]) -> dict[str, Any]:
    held = run.holding
    return {
        "id": run.pk,
        "protocol": run.protocol,
        "account": run.account,
        "amount": money.text(run.amount),
        "note": run.note,
        "mode": run.mode,
        "status": run.status,
        "outcome": run.outcome or None,
        "outcome_code": run.outcome_code or None,
        "outcome_params": run.outcome_params,
        "verdict": run.verdict_now,
        "trace_id": run.trace_id,
        "holding": {key: held.get(key) for key in ("at", "pid", "since")} if held else None,
        "parked": parked,
        "attempts": run.attempts,
        "late": run.late,
        "seq": run.seq,
        "forked_from": run.forked_from_id,
        "created": run.created_at,
        "finished": run.finished_at,
        "links": links(run.pk),
    }


def _message(parked: Parked) -> dict[str, Any]:
    return {
        "mid": parked.pk,
        "name": parked.name,
        "lane": parked.lane,
        "to": parked.to,
        "why": parked.why,
        "at": parked.at,
        "due": parked.due_at,
    }
