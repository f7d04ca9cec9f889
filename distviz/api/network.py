"""/api/runs/{id}/messages: the operator acts as the network and decides what becomes of parked messages."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from ninja import Router

from distviz.api import shapes
from distviz.api.schemas import Nothing, Number, Order
from distviz.codes import Reason
from distviz.runs import network, operators
from distviz.trace.models import Run
from distviz.web import publishing

router = Router(tags=["messages"])


@router.post("/runs/{run_id}/messages/deliver", summary="The network delivers all parked messages")
def deliver_all(request: HttpRequest, run_id: Number, payload: Order | None = None) -> dict[str, Any]:
    """One after the other: those that `order` names, then the others as they were parked."""
    order = payload.order if payload else []
    return _do(request, "deliver", run_id, Reason("all_messages"), lambda: network.deliver_all(run_id, order))


@router.post("/runs/{run_id}/messages/{mid}/deliver", summary="The network delivers a parked message")
def deliver(request: HttpRequest, run_id: Number, mid: Number, payload: Nothing | None = None) -> dict[str, Any]:
    return _do(request, "deliver", run_id, Reason.of("target_message", id=mid), lambda: network.deliver(run_id, mid))


@router.post("/runs/{run_id}/messages/{mid}/drop", summary="The network loses a parked message")
def drop(request: HttpRequest, run_id: Number, mid: Number, payload: Nothing | None = None) -> dict[str, Any]:
    return _do(request, "drop", run_id, Reason.of("target_message", id=mid), lambda: network.drop(run_id, mid))


@router.post("/runs/{run_id}/messages/{mid}/duplicate", summary="The network delivers a parked message twice")
def duplicate(request: HttpRequest, run_id: Number, mid: Number, payload: Nothing | None = None) -> dict[str, Any]:
    return _do(
        request, "duplicate", run_id, Reason.of("target_message", id=mid), lambda: network.duplicate(run_id, mid)
    )


@router.post("/runs/{run_id}/messages/{mid}/reorder", summary="All other parked messages overtake this one")
def reorder(request: HttpRequest, run_id: Number, mid: Number, payload: Nothing | None = None) -> dict[str, Any]:
    return _do(request, "reorder", run_id, Reason.of("target_message", id=mid), lambda: network.reorder(run_id, mid))


def _do(request: HttpRequest, verb: str, run_id: str, target: Reason, act: Callable[[], Run]) -> dict[str, Any]:
    with operators.recording(operators.actor(request), verb, run=run_id, target=target):
        return shapes.run(publishing.patiently(act))
