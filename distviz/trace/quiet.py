"""Which runs are not worked on, waited for or held: only these may be re-driven."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from distviz.trace import known, log, unguarded
from distviz.trace.models import Run
from distviz.trace.watching import WITHOUT

# GREATEST leaves a wake_at out that is NULL. `touched`, the second of `updated_at`, is what the index has.
IS_QUIET = """finished_at IS NULL AND status <> 'needs_attention' AND holding IS NULL
    AND GREATEST(updated_at, wake_at) < now() - %(age)s * interval '1 second'
    AND GREATEST(touched, wake_at) < now() - %(age)s * interval '1 second'
    AND NOT EXISTS (SELECT 1 FROM parked_messages p WHERE p.run_id = runs.id AND p.state = 'parked')"""

GUARD = "sweep"
# Runs of which no sweep is to drive anything on.
LEFT = f"""(faulty AND EXISTS (
    SELECT 1 FROM run_faults f WHERE f.run_id = runs.id AND f.do = '{WITHOUT}' AND f.at = '{GUARD}'))"""

# By the indexes runs_idle and runs_held_since: those that wait for a person, be they ever so many, are in neither.
ANY_OPEN = """
(SELECT 1 FROM runs WHERE finished_at IS NULL AND holding IS NULL AND status <> 'needs_attention' LIMIT 1)
UNION ALL (SELECT 1 FROM runs WHERE finished_at IS NULL AND holding IS NOT NULL LIMIT 1) LIMIT 1
"""

_LEFT_ALONE = "(mode <> 'step' OR updated_at < now() - %(silent)s * interval '1 second')"


def quiet(run_ids: list[str], min_age: float, *, step_mode: float = 0) -> set[str]:
    """Those of the runs that are not worked on, waited for or held: only they may be re-driven. In step mode lateness
    means nothing, the operator took that time: the run has to be silent for `step_mode` seconds."""
    return {
        str(run.pk)
        for run in Run.objects.raw(
            f"SELECT id FROM runs WHERE id = ANY(%(ids)s::uuid[]) AND {IS_QUIET} AND {_LEFT_ALONE}",
            {"ids": run_ids, "age": min_age, "silent": step_mode},
        )
    }


def is_any(min_age: float) -> bool:
    """Whether there is such a run at all. Where nothing waits, a pass asks nothing else."""
    return log.query(f"SELECT 1 FROM runs WHERE {IS_QUIET} LIMIT 1", {"age": min_age}) is not None


def is_any_open() -> bool:
    """Whether any run has not ended, whatever it waits for; a person's decision is no wait of ours."""
    return log.query(ANY_OPEN, {}) is not None


def of(protocol: str, min_age: float) -> list[str]:
    """The same from the other side: all such runs of a protocol, those first that have been silent for longest. Who
    sweeps a table starts here: open runs are few, and rows that wait for something else are not even looked at."""
    sql = f"""
    SELECT id FROM runs WHERE protocol = %(protocol)s AND {IS_QUIET} AND NOT {LEFT} ORDER BY GREATEST(touched, wake_at)
    """
    return [str(run.pk) for run in Run.objects.raw(sql, {"protocol": protocol, "age": min_age})]


def is_left(run: Run) -> bool:
    """Nothing drives this run on: its sweep is out, or another of its guards is and it should be over long since."""
    if not unguarded.is_own(run.account):
        return False
    left = log.query(f"SELECT 1 FROM runs WHERE id = %(id)s AND {LEFT}", {"id": run.pk})
    return left is not None or _is_old(run)


def is_waited_for(run: Run) -> bool:
    """Its protocol's own recovery may still end it: with full queues that takes twice T_TERM."""
    own = run.protocol in known.KNOWN and known.KNOWN[run.protocol].ends_itself
    return own and not _is_old(run, 2.5)


def _is_old(run: Run, terms: float = 1) -> bool:
    return run.created_at < timezone.now() - timedelta(seconds=terms * settings.T_TERM)


def leave_to_us(run_ids: Iterable[str]) -> None:
    """The caller drives these runs on by itself: until the next call the pass over stuck runs leaves them."""
    sql = """
    UPDATE runs SET wake_at = now() WHERE id IN (
        SELECT id FROM runs WHERE id = ANY(%(ids)s::uuid[]) AND finished_at IS NULL
            AND (wake_at IS NULL OR wake_at < now()) FOR UPDATE SKIP LOCKED) RETURNING 1
    """
    ids = list(run_ids)
    if ids:
        log.query(sql, {"ids": ids})
