"""What a broker lost is driven on from the databases. Beat calls this each second; `manage.py sweep --once` too."""

from collections.abc import Callable, Iterable
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from distviz.trace import bus, context, log, processes
from distviz.trace.models import Parked, Run
from distviz.trace.outcomes import Outcome

Sweep = Callable[[float], int]
Settle = Callable[[Run], Outcome | None]

QUEUES = ("account", "payment", "notification", "coordinator")
SWEEPS: dict[str, list[Sweep]] = {}
SETTLERS: dict[str, Settle] = {}


def sweeps(place: bus.Place) -> Callable[[Sweep], Sweep]:
    """Register a pass over a service's own tables: called with a minimum age in seconds, returns how many it sent."""

    def register(sweep: Sweep) -> Sweep:
        SWEEPS.setdefault(place.queue, []).append(sweep)
        return sweep

    return register


def settles(protocol: str) -> Callable[[Settle], Settle]:
    """For a protocol that cannot be driven on: how to tell the end of a run that nobody works on any more."""

    def register(settle: Settle) -> Settle:
        SETTLERS[protocol] = settle
        return settle

    return register


def beat_entries(interval: float) -> dict[str, dict[str, Any]]:
    """One tick for each queue. What waited for long is dropped, not piled up; but where every message is a little late,
    not all ticks may be dropped, or nothing would be swept."""
    return {
        f"sweep {queue}": {
            "task": "distviz.sweep",
            "schedule": interval,
            "args": [queue],
            "options": {"queue": queue, "expires": max(10.0, 4 * interval)},
        }
        for queue in QUEUES
    }


@shared_task(name="distviz.sweep", acks_late=False)
def sweep_task(queue: str) -> None:
    once(queue, settings.SWEEP_AFTER)


def once(queue: str, min_age: float) -> int:
    """One idempotent pass over what this queue's service is responsible for."""
    driven = sum(sweep(min_age) for sweep in SWEEPS.get(queue, []))
    if queue == "coordinator":
        driven += _forget_dead_holders() + _deliver_due() + _drive_stuck_runs(min_age)
    return driven


_QUIET = """finished_at IS NULL AND status <> 'needs_attention' AND holding IS NULL
    AND updated_at < now() - %(age)s * interval '1 second'
    AND (wake_at IS NULL OR wake_at < now() - %(age)s * interval '1 second')
    AND NOT EXISTS (SELECT 1 FROM parked_messages p WHERE p.run_id = runs.id AND p.state = 'parked')"""

_LEFT_ALONE = "(mode <> 'step' OR updated_at < now() - %(silent)s * interval '1 second')"


def quiet(run_ids: list[str], min_age: float, *, step_mode: float = 0) -> set[str]:
    """Those of the runs that nobody is working on, waiting for or holding: only they may be driven on. In step mode
    what is late says nothing, a person took that time: the run has to be silent for `step_mode` seconds."""
    return {
        str(run.pk)
        for run in Run.objects.raw(
            f"SELECT id FROM runs WHERE id = ANY(%(ids)s::uuid[]) AND {_QUIET} AND {_LEFT_ALONE}",
            {"ids": run_ids, "age": min_age, "silent": step_mode},
        )
    }


def leave_to_us(run_ids: Iterable[str]) -> None:
    """Whoever calls this drives these runs on by himself: until the next call the pass over stuck runs leaves them."""
    sql = """
    UPDATE runs SET wake_at = now() WHERE id IN (
        SELECT id FROM runs WHERE id = ANY(%(ids)s::uuid[]) AND finished_at IS NULL
            AND (wake_at IS NULL OR wake_at < now()) FOR UPDATE SKIP LOCKED) RETURNING 1
    """
    ids = list(run_ids)
    if ids:
        log.query(sql, {"ids": ids})


def _drive_stuck_runs(min_age: float) -> int:
    """A run that is quiet for too long gets its request again; every handler knows what it has done already."""
    if min_age and bus.backlog(QUEUES) > 2 * settings.WORKER_CONCURRENCY:
        min_age = max(min_age, settings.T_TERM)  # late, not lost: to ask again would only make full queues fuller
    with transaction.atomic(using="default"):
        found = list(
            Run.objects.raw(
                f"SELECT * FROM runs WHERE {_QUIET} ORDER BY updated_at LIMIT 100 FOR UPDATE SKIP LOCKED",
                {"age": min_age},
            )
        )
        taken = Run.objects.filter(pk__in=[run.pk for run in found])
        taken.update(wake_at=None)
        taken.exclude(protocol__in=list(SETTLERS)).update(updated_at=timezone.now())  # not asked twice by two passes
    for run in found:
        _drive(run)
    return len(found)


def drive(run: Run) -> bool:
    """The same for one run, when a person says so. False: somebody works on it, waits for it or holds it."""
    if not quiet([str(run.pk)], 0):
        return False
    _drive(run)
    return True


def _drive(run: Run) -> None:
    from distviz.runs import asking
    from distviz.trace import ending

    if run.ending:
        ending.finish(str(run.pk))
    elif run.protocol not in SETTLERS:
        asking.request_again(run)
    elif not _queued(run):
        ending.settle(str(run.pk))


def _queued(run: Run) -> bool:
    """Whether a message of this run may still come out of its queue: sent, not received, and not for too long."""
    sql = """
    SELECT COALESCE(sum(CASE phase WHEN 'received' THEN -1 WHEN 'delivered' THEN 1 WHEN 'duplicated' THEN 2
                                   ELSE (data->>'copies')::int END), 0)
    FROM run_events WHERE run_id = %(run)s AND kind = 'message'
      AND phase IN ('sent', 'delayed', 'delivered', 'duplicated', 'received')
    """
    row = log.query(sql, {"run": run.pk})
    silent = (timezone.now() - run.updated_at).total_seconds()
    return bool(row and row[0] > 0 and silent < settings.T_TERM)


def note_redriven(run_id: str, lane: str, name: str, source: str) -> context.Delivery | None:
    """Write that a run is driven on, and from what. None if the run is over."""
    seq = log.append(run_id, lane=lane, kind="sweep", phase="redriven", name=name, data={"from": source})
    if seq is None:
        return None
    delivery = bus.delivery_of(run_id, lane=lane)
    delivery.cause, delivery.redriven = seq, True
    return delivery


def _deliver_due() -> int:
    due = Parked.objects.raw("SELECT * FROM parked_messages WHERE state = 'parked' AND due_at < now() LIMIT 100")
    return sum(bus.deliver(parked, by="time") for parked in due)


def _forget_dead_holders() -> int:
    """A held process that was killed holds nothing any more."""
    held = Run.objects.filter(finished_at=None).exclude(holding=None).values_list("pk", "holding")
    dead = [(run_id, holding["pid"]) for run_id, holding in held if holding and not processes.alive(holding)]
    return sum(Run.objects.filter(pk=run_id, holding__pid=pid).update(holding=None) for run_id, pid in dead)
