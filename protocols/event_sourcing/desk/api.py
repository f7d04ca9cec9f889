"""/api/aggregates: the stream of an account as it was at any version, for programs."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from protocols.event_sourcing.desk import time_travel

router = Router(tags=["events"])


@router.get("/aggregates/{aggregate}/events", summary="The events of one aggregate")
def aggregate(request: HttpRequest, aggregate: str, upto: int | None = None) -> dict[str, Any]:
    """The stream of `account:<name>` up to a version, each event with the balance after it, and the state folded."""
    return time_travel.stream(aggregate, upto)
