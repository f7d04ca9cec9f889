"""The books once more when all tries are over: a message that came late may have moved money of a run that had ended
well."""

from collections.abc import Iterable, Iterator

from distviz.explore.ends import BAD, UNKNOWN
from distviz.explore.judging import Ending, judge
from distviz.explore.kinds import PLAIN, SINGLE
from distviz.explore.models import Try
from distviz.trace.models import Run
from protocols.catalogue import Protocol


def worse(protocol: Protocol, tries: Iterable[Try], *, without_guards: bool) -> Iterator[tuple[Try, Ending]]:
    """Tries with one failure at most that are bad now and were not when they ended. If the whole books hold, none is
    asked by itself."""
    if protocol.books.audit(without_guards=without_guards).hold and not protocol.may_lose:
        return
    good = {one.run_id: one for one in tries if one.kind in (PLAIN, SINGLE) and one.end not in (*BAD, UNKNOWN)}
    for run in Run.objects.filter(pk__in=list(good)):
        ending = judge(protocol, run)
        if ending.end in BAD:
            yield good[run.pk], ending
