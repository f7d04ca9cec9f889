"""What of the run log waits for manual action, by cause. Open runs are few, so every question here is a small one."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from distviz.errors import NotFound, NotNow
from distviz.trace import sweeps
from distviz.trace.letters import IS_GARBAGE
from distviz.trace.models import DeadLetter, Event, Parked, Run

SHOWN = 50  # of each cause; the rest is among the runs
BEYOND_RETRY: set[str] = set()  # see beyond_retry


def needing() -> "QuerySet[Run]":
    """The retries are used up, or a promise is broken: the run goes on only by manual action."""
    return Run.objects.filter(finished_at=None, status="needs_attention").order_by("touched", "updated_at")


def held() -> "QuerySet[Run]":
    return Run.objects.filter(finished_at=None).exclude(holding=None).order_by("touched", "updated_at")


def parked() -> "QuerySet[Parked]":
    """Messages that only an operator delivers."""
    return (
        Parked.objects.filter(state="parked", due_at=None, run__finished_at=None).select_related("run").order_by("at")
    )


def silent() -> "QuerySet[Run]":
    """Open for too long, or silent, although not held."""
    now = timezone.now()
    old = Q(created_at__lt=now - timedelta(seconds=2 * settings.T_TERM))
    silent_since = now - timedelta(seconds=3 * settings.SWEEP_AFTER + 5)
    quiet = Q(touched__lt=silent_since, updated_at__lt=silent_since)
    awake = Q(wake_at=None) | Q(wake_at__lt=now)
    found = Run.objects.filter(old | quiet, awake, finished_at=None, holding__isnull=True)
    return found.exclude(status="needs_attention").exclude(parked__state="parked").order_by("touched", "updated_at")


def letters() -> "QuerySet[DeadLetter]":
    """Dead letters that no open run waits for."""
    found = DeadLetter.objects.filter(Q(run=None) | Q(run__finished_at__isnull=False) | IS_GARBAGE, state="dead")
    return found.select_related("run").order_by("at")


def beyond_retry(*codes: str) -> None:
    """A protocol's reasons that no retry can mend: a guarantee is broken, and the books have to be corrected."""
    BEYOND_RETRY.update(codes)


def last_troubles(run_ids: Iterable[UUID]) -> dict[UUID, Event]:
    """The newest attention event of each run."""
    found = Event.objects.filter(run__in=list(run_ids), kind="attention").order_by("run_id", "-seq").distinct("run_id")
    return {event.run_id: event for event in found.defer("lines")}


def holding_locks(run_ids: Iterable[UUID]) -> set[UUID]:
    """Those whose held step has locks: a step that is held between two transactions has none."""
    found = Event.objects.filter(run__in=list(run_ids), kind="hold", phase="held").order_by("run_id", "-seq")
    return {event.run_id for event in found.distinct("run_id").defer("lines") if event.data.get("locks")}


def run_ids() -> set[UUID]:
    """Every run that waits for manual action, at most a thousand of each cause. Not those of `messages`."""
    asked = (needing(), held(), silent())
    return {one for query in asked for one in query.values_list("pk", flat=True)[:1000]}


def messages() -> Counter[UUID]:
    """How many messages of each run only an operator delivers; of a thousand of them."""
    return Counter(parked().values_list("run_id", flat=True)[:1000])


def nudge(run: Run) -> None:
    """Drive a silent run on now, as the sweep would. Raises NotNow if it is not silent at all."""
    if not sweeps.drive(run):
        raise NotNow("run_is_busy")


def set_aside(number: int) -> DeadLetter:
    """This letter will not be sent again. Setting it aside twice is the same."""
    letter = DeadLetter.objects.filter(pk=number).first()
    if letter is None:
        raise NotFound("no_such_dead_letter")
    if not DeadLetter.objects.filter(pk=number, state="dead").update(state="discarded") and letter.state != "discarded":
        raise NotNow("letter_was_requeued")
    return letter
