"""Failures on purpose: of one run alone, at a named point, fired by compare-and-set, and real."""

import logging
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from distviz.codes import Reason
from distviz.errors import BadRequest, Transient
from distviz.trace import context, log, processes
from distviz.trace.models import Fault
from distviz.trace.processes import MAX_HOLD_S
from distviz.trace.watching import WATCH

_log = logging.getLogger(__name__)
STEP_ACTIONS = ("decline", "error", "delay", "hold", "crash")
AFTER_ACTIONS = ("error", "delay", "hold", "crash")  # what is committed cannot be declined any more
MESSAGE_ACTIONS = ("drop", "duplicate", "delay", "reorder", "hold")
Locks = Callable[[], list[dict[str, Any]]]
SERVICE_POINTS = ("account", "payment", "notification", "refund")
MOST = 20  # faults of one run

POINTS: dict[str, tuple[str, ...]] = {}
for _service in SERVICE_POINTS:
    POINTS[f"{_service}.before_tx"] = POINTS[f"{_service}.in_tx"] = STEP_ACTIONS
    POINTS[f"{_service}.after_commit"] = AFTER_ACTIONS

_HELD = "SELECT count(*) FROM runs WHERE finished_at IS NULL AND holding->>'service' = %(service)s"

# A shot is durable before it is fired (the run log around it is not): what was broken once is not broken twice.
_SHOOT = """
UPDATE run_faults SET fired = fired + 1 WHERE id = %(id)s AND fired < times
RETURNING fired, set_config('synchronous_commit', 'on', true)
"""


_MEET = """
UPDATE run_faults SET met = met || (
    SELECT jsonb_agg(point ORDER BY place) FROM unnest(%(points)s::text[]) WITH ORDINALITY AS met_now(point, place)
    WHERE NOT met ? point)
WHERE id = %(id)s AND NOT met ?& %(points)s::text[]
RETURNING 1
"""


@dataclass(frozen=True)
class FaultSpec:
    at: str
    do: str
    times: int = 1
    ms: int = 1000


def know_message(name: str) -> None:
    """Called for every message that has a handler: what can be watched can be lost."""
    POINTS[f"message.{name}"] = MESSAGE_ACTIONS


def know_point(point: str, actions: Iterable[str]) -> None:
    """Called by a protocol that has points of its own (two-phase commit's coordinator)."""
    POINTS[point] = tuple(actions)


def parse(items: object) -> list[FaultSpec]:
    """Checked faults of a request. Raises BadRequest naming the item that is unknown or out of bounds."""
    if not isinstance(items, list):
        raise BadRequest("faults", "faults_are_a_list")
    if len(items) > MOST:
        raise BadRequest("faults", "too_many_faults", most=MOST)
    return [_parse_one(f"faults[{number}]", item) for number, item in enumerate(items)]


def _parse_one(field: str, item: object) -> FaultSpec:
    if not isinstance(item, Mapping):
        raise BadRequest(field, "fault_is_an_object")
    for name in item:
        if name not in ("at", "do", "times", "ms"):
            raise BadRequest(f"{field}.{str(name)[:40]}", "fault_fields")
    at, do = item.get("at"), item.get("do")
    if not isinstance(at, str) or at not in POINTS:
        raise BadRequest(f"{field}.at", "no_such_point")
    if not isinstance(do, str) or do not in POINTS[at]:
        raise BadRequest(f"{field}.do", "no_such_action", point=at, known=", ".join(POINTS[at]))
    times = _bounded(f"{field}.times", item.get("times", 1), 1, 99)
    ms = _bounded(f"{field}.ms", item.get("ms", 1000), 0, 30_000)
    return FaultSpec(at, do, times, ms)


def _bounded(field: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadRequest(field, "whole_number_between", low=low, high=high)
    return value


def of_run(run_id: str) -> list[context.FaultRef]:
    return [context.FaultRef(f.pk, f.at, f.do, f.times, f.ms) for f in Fault.every.filter(run_id=run_id)]


def take(delivery: context.Delivery, points: Sequence[str], actions: Iterable[str]) -> context.FaultRef | None:
    """The first fault at one of these points that still has a shot, with that shot taken from it."""
    wanted, doing = set(points), set(actions)
    _meet(delivery, points, doing)
    for fault in delivery.faults:
        if fault.at in wanted and fault.do in doing:
            shot = log.query(_SHOOT, {"id": fault.id})
            if shot:
                record(delivery, fault, fired=int(shot[0]))
                return fault
    return None


def _meet(delivery: context.Delivery, points: Sequence[str], doing: set[str]) -> None:
    """For who watches. That somebody might decline is asked ahead of the points themselves."""
    for fault in delivery.faults:
        if fault.do == WATCH and points and doing != {"decline"}:
            log.query(_MEET, {"id": fault.id, "points": list(points)})


def record(delivery: context.Delivery, fault: context.FaultRef, *, fired: int) -> None:
    pid = os.getpid()
    _log.warning("fault %s at %s, shot %d of %d, in process %d", fault.do, fault.at, fired, fault.times, pid)
    wake_ms = fault.ms + 1000 if fault.do == "delay" else None
    data: dict[str, Any] = {"at": fault.at, "pid": pid, "ms": fault.ms, "times": fault.times, "fired": fired}
    delivery.tell("fault", "fired", fault.do, wake_ms=wake_ms, **data)


def fire(points: Sequence[str], locks: Locks | None = None) -> None:
    """Do what was asked for at this point. `locks` reads what the open transaction holds, for the picture."""
    delivery = context.current()
    if delivery is None or not delivery.faults:
        return
    fault = take(delivery, points, ("error", "delay", "hold", "crash"))
    if fault is None:
        return
    if fault.do == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault.do == "delay":
        time.sleep(fault.ms / 1000)
    elif fault.do == "error":
        raise Transient("error_on_purpose", at=fault.at)
    else:
        _hold(delivery, fault.at, locks() if locks else [])


def _uncommitted(step: context.OpenStep | None) -> list[dict[str, Any]]:
    """Rows that the open transaction has written and that no other session can see."""
    return [] if step is None or step.ended else step.changes or list(step.data.get("pending", ()))


@contextmanager
def _one_hold_at_a_time(service: str) -> Iterator[None]:
    """Of this service. The session's lock, not a transaction's: the coordinator's may be open, and stays open."""
    name = {"name": f"hold {service}"}
    log.query("SELECT pg_advisory_lock(hashtext(%(name)s))", name)
    try:
        yield
    finally:
        log.query("SELECT pg_advisory_unlock(hashtext(%(name)s))", name)


def _hold(delivery: context.Delivery, point: str, locks: list[dict[str, Any]]) -> None:
    """Stop right here, with whatever is open, until the run is released. Takes one process of the service's
    pool; the last one is never taken, so other runs go on."""
    me = processes.me()
    service = delivery.service or delivery.lane
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    holding = {"at": point, "since": since, "service": service, "mid": delivery.mid, **me}
    held: dict[str, Any] = {"pid": me["pid"], "point": point, "locks": locks, "rows": _uncommitted(delivery.step)}
    with _one_hold_at_a_time(service):
        busy = log.query(_HELD, {"service": service})
        if busy and busy[0] >= settings.WORKER_CONCURRENCY - 1:
            delivery.tell("hold", "refused", point, error=Reason("others_are_held"))
            return
        delivery.tell("hold", "held", point, holding=holding, **held)
    deadline = time.monotonic() + MAX_HOLD_S
    while time.monotonic() < deadline:
        row = log.query("SELECT holding->>'pid' FROM runs WHERE id = %(run)s", {"run": delivery.run_id})
        if row is None or row[0] != str(me["pid"]):
            break
        time.sleep(0.05)
    delivery.tell("hold", "released", point, holding=None, wake_ms=0, pid=me["pid"], point=point)
