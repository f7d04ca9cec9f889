"""What a broker lost is driven on from the databases. Beat calls this each second; `manage.py sweep --once` too."""

import logging
import time
from datetime import UTC, datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, transaction
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone
from kombu.exceptions import KombuError
from pymongo.errors import PyMongoError

from distviz.stack.layout import QUEUES
from distviz.trace import ending, known, log, outages, processes, quiet, requests, sending, unacked, untouched
from distviz.trace.indexes import HELD
from distviz.trace.models import Parked, Run
from distviz.trace.quiet import IS_QUIET
from distviz.trace.registering import SETTLERS, SWEEPS
from distviz.trace.transport import NOT_KEPT

_log = logging.getLogger(__name__)
IDLE_TICKS = 8
_passed: dict[str, float] = {}  # when this process made a pass for a queue
_DUE = """
SELECT * FROM parked_messages WHERE state = 'parked' AND due_at IS NOT NULL AND due_at < now() ORDER BY due_at, at
LIMIT 100
"""


@shared_task(name="distviz.sweep", acks_late=False)
def sweep_task(queue: str) -> None:
    try:
        if _is_due(queue):
            once(queue, settings.SWEEP_AFTER)
    except Exception as error:
        if not outages.passes(error):
            raise
        _log.warning("the sweep of %s has to wait: %s: %s", queue, type(error).__name__, error)


NOT_KEPT.add(sweep_task.name)


def _is_due(queue: str) -> bool:
    """While no run is open, one tick of IDLE_TICKS makes a pass: what is left to do is nobody's wait."""
    now = time.monotonic()
    recently = now - _passed.get(queue, float("-inf")) < (IDLE_TICKS - 0.5) * settings.RECOVERY_INTERVAL
    if recently and not quiet.is_any_open():
        return False
    _passed[queue] = now
    return True


def once(queue: str, min_age: float) -> int:
    """One idempotent pass over what this queue's service is responsible for. One that fails, because a server is away,
    keeps no other from its turn; then it is raised."""
    driven, failed = 0, None
    for sweep in [*SWEEPS.get(queue, []), *(COMMON if queue == "coordinator" else [])]:
        try:
            driven += sweep(min_age)
        except Exception as error:
            close_old_connections()
            failed = failed or error
    if failed:
        raise failed
    return driven


def _drive_stuck_runs(min_age: float) -> int:
    """A run that is quiet for too long gets its request again; every handler knows what it has done already."""
    if not quiet.is_any(min_age):
        return 0
    if min_age and sending.backlog(QUEUES) > 2 * settings.WORKER_CONCURRENCY:
        min_age = max(min_age, settings.T_TERM)  # late, not lost: to ask again would only make full queues fuller
    with transaction.atomic(using="default"):
        found = list(
            Run.objects.raw(
                f"SELECT * FROM runs WHERE {IS_QUIET} ORDER BY GREATEST(touched, wake_at) LIMIT 100 "
                "FOR UPDATE SKIP LOCKED",
                {"age": min_age},
            )
        )
        taken, now = Run.objects.filter(pk__in=[run.pk for run in found]), timezone.now()
        taken.exclude(protocol__in=list(SETTLERS)).update(wake_at=None, updated_at=now)  # not asked twice by two passes
        taken.filter(protocol__in=list(SETTLERS)).update(wake_at=now)  # those behind it have their turn
    return sum(_drive_or_leave(run) for run in found)


def _drive_or_leave(run: Run) -> bool:
    """A run that cannot be driven on now, because a server is away, does not keep the others from it."""
    try:
        _drive(run)
    except (DatabaseError, InterfaceError, PyMongoError, KombuError, OSError) as error:
        known = outages.passes(error)  # then the place in the program says nothing
        _log.warning("run %s could not be driven on: %s", run.pk, error, exc_info=not known)
        return False
    return True


def drive(run: Run) -> bool:
    """The same for one run, on an operator's request. False: it is worked on, waited for or held."""
    run.refresh_from_db(fields=["updated_at"])
    if not quiet.quiet([str(run.pk)], 0):
        return False
    _drive(run)
    return True


def _drive(run: Run) -> None:
    if run.ending:
        ending.finish(str(run.pk))
    elif quiet.is_left(run):
        if not (_queued(run) or quiet.is_waited_for(run)):
            ending.abandon(str(run.pk))
    elif run.protocol not in known.KNOWN:
        _log.info("run %s waits until %s is loaded again", run.pk, run.protocol)
    elif run.protocol not in SETTLERS:
        requests.request_again(run)
    elif not _queued(run) and _unchanged(run):
        ending.settle(str(run.pk))


def _unchanged(run: Run) -> bool:
    """Nothing has happened to it since it was found: whoever has just received a message of it is not to be refused."""
    return Run.objects.filter(pk=run.pk, updated_at=run.updated_at).exists()


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


def _deliver_due(_min_age: float) -> int:
    due = Parked.objects.raw(_DUE)
    return sum(sending.deliver(parked, by="time") for parked in due)


def _forget_dead_holders(_min_age: float) -> int:
    """A held process that was killed holds nothing any more."""
    held = Run.objects.annotate(host=KeyTextTransform("host", "holding")).filter(HELD, host=processes.HOST)
    holders = held.order_by().values_list("holding__pid", "holding__host", "holding__started").distinct()
    found = [dict(zip(("pid", "host", "started"), holder, strict=True)) for holder in holders]
    dead = [who for who in found if not processes.alive(who)]
    return sum(held.filter(**{f"holding__{key}": who[key] for key in who}).update(holding=None) for who in dead)


def _end_old_holds(_min_age: float) -> int:
    """Nor does one of a machine that is gone, after the limit of a hold."""
    since = KeyTextTransform("since", "holding")  # in UTC: as texts they are in their order
    limit = datetime.now(UTC) - timedelta(seconds=processes.ENDED_S)
    held = Run.objects.annotate(since=since).filter(HELD, since__lt=f"{limit:%Y-%m-%dT%H:%M:%SZ}")
    return held.update(holding=None)


COMMON = (_forget_dead_holders, _end_old_holds, untouched.let_go, _deliver_due, _drive_stuck_runs, unacked.tidy)
