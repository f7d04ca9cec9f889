"""Finding runs: filters, pages and counts that stay quick over hundreds of thousands of them."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connections
from django.db.models import Count, Q, QuerySet, Sum

from distviz.errors import NotFound
from distviz.trace.models import Run, RunCount
from distviz.trace.statuses import STATUSES

SHORTEST_PREFIX = 4
MOST = 10_000  # of a status, if they are not counted as they end: then there are "10,000+"
_OPEN_LOOKED_AT = 2_000  # open runs are few; their verdict is known from their rows, not from a column
_NOT_LISTED = ("deliveries", "body_hash", "scope", "key", "span_id")


@dataclass(frozen=True)
class Wanted:
    """Which runs; an empty field matches everything. Statuses and the rest must all be met, of the statuses any."""

    protocol: str = ""
    statuses: tuple[str, ...] = ()
    verdict: str = ""
    account: str = ""
    faulty: bool = False
    retried: bool = False
    text: str = ""

    @property
    def narrow(self) -> bool:
        """Whether the kept counts cannot answer for it."""
        return bool(self.account or self.faulty or self.retried or self.text)

    @property
    def any(self) -> bool:
        return self != Wanted()


def find(wanted: Wanted) -> "QuerySet[Run]":
    """The runs, newest first."""
    found = Run.objects.defer(*_NOT_LISTED).order_by("-created_at", "-id")
    same = {"protocol": wanted.protocol, "account": wanted.account}
    found = found.filter(**{name: value for name, value in same.items() if value})
    if wanted.statuses:
        found = found.filter(_one_of(wanted.statuses))
    if wanted.verdict:
        found = found.filter(_judged(wanted.verdict))
    if wanted.faulty:
        found = found.filter(faulty=True)
    if wanted.retried:
        found = found.filter(attempts__gt=1)
    return found.filter(named(wanted.text)) if wanted.text else found


def page(wanted: Wanted, before: str, size: int) -> tuple[list[Run], UUID | None]:
    """One page, and from where the next one goes on. A `before` that is no run begins at the top."""
    found = list(find(wanted).filter(older_than(before) or Q())[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else None


def older_than(before: str) -> Q | None:
    """Everything after that run in the order of pages; None if it is gone or no id at all."""
    try:
        last = Run.objects.only("created_at").get(pk=UUID(before))
    except (ValueError, Run.DoesNotExist):
        return None
    return Q(created_at__lte=last.created_at) & (Q(created_at__lt=last.created_at) | Q(pk__lt=last.pk))


def counts(wanted: Wanted) -> dict[str, int]:
    """How many runs of each status there are, whichever statuses are wanted: they add up to all that the other
    filters leave. Finished runs are counted as they finish; open ones are few. Those of an account are counted up to
    one more than MOST."""
    wanted = replace(wanted, statuses=())
    if wanted.account:
        return _counted(find(wanted))
    if wanted.narrow:
        return dict(find(wanted).order_by().values_list("status").annotate(Count("pk")))
    kept = RunCount.objects.all()
    kept = kept.filter(protocol=wanted.protocol) if wanted.protocol else kept
    kept = kept.filter(verdict=wanted.verdict) if wanted.verdict else kept
    numbers = Counter(dict(kept.order_by().values_list("status").annotate(Sum("n"))))
    numbers.update(find(wanted).filter(finished_at=None).order_by().values_list("status", flat=True))
    return {status: number for status, number in numbers.items() if number}


def _counted(found: "QuerySet[Run]") -> dict[str, int]:
    """By the index of an account's statuses, as far as MOST, in one statement."""
    parts = [found.filter(status=one).order_by().values_list("status")[: MOST + 1] for one in STATUSES]
    asked = [part.query.sql_with_params() for part in parts]
    union = " UNION ALL ".join(f"({sql})" for sql, _given in asked)
    with connections[found.db].cursor() as cursor:
        given = [value for _sql, values in asked for value in values]
        cursor.execute(f"SELECT status, count(*) FROM ({union}) AS found GROUP BY status", given)
        return dict(cursor.fetchall())


def _one_of(statuses: Iterable[str]) -> Q:
    """Said of open runs in words that let their small index answer."""
    wanted = [status for status in statuses if status in STATUSES]
    ends = {"succeeded", "declined", "failed", "compensated", "inconsistent"}
    return Q(status__in=wanted) if ends & set(wanted) else Q(status__in=wanted, finished_at=None)


def _judged(verdict: str) -> Q:
    """The last event fixes the verdict of a run; until then the column says "consistent" and the rows say what is."""
    open_runs = Run.objects.filter(finished_at=None).only("status", "protocol", "money")[:_OPEN_LOOKED_AT]
    now = {run.pk: run.verdict_now for run in open_runs}
    if verdict == "consistent":
        return Q(verdict=verdict) & ~Q(pk__in=[one for one, judged in now.items() if judged != verdict])
    over = Q(verdict=verdict) & ~Q(verdict="consistent")  # so that the index of the odd ones is found
    return over | Q(pk__in=[one for one, judged in now.items() if judged == verdict])


def named(text: str) -> Q:
    """The beginning of a run's id, or a part of its note."""
    digits = text.lower().replace("-", "")
    if SHORTEST_PREFIX <= len(digits) <= 32 and all(digit in "0123456789abcdef" for digit in digits):
        ids = Q(pk__range=(UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))))
        if Run.objects.filter(ids).exists():
            return ids
    return ~Q(note="") & Q(note__icontains=text)


def get(run_id: str | uuid.UUID) -> Run:
    """The run, or NotFound for anything that is not the id of one."""
    try:
        return Run.objects.get(pk=uuid.UUID(str(run_id)))
    except (ValueError, Run.DoesNotExist):
        raise NotFound("no_such_run") from None
