"""The books once more when all tries are over: a message that came late may have moved money of a run that had ended
well."""

from collections.abc import Iterable, Iterator, Sequence

from distviz.explore.ends import BAD, PAID, UNKNOWN
from distviz.explore.judging import Ending, judge
from distviz.explore.kinds import PLAIN, SINGLE
from distviz.explore.models import Try
from distviz.services.gaps import ZERO
from distviz.trace.models import Run
from protocols.catalogue import Protocol


def again(protocol: Protocol, tries: Iterable[Try], *, without_guards: bool) -> Iterator[tuple[Try, Ending]]:
    """Tries with one failure at most that had not ended badly, and how they end now: those whose money is not where it
    was. If there are none, and nothing was bad, but the whole books do not hold, all of them."""
    every = [one for one in tries if one.kind in (PLAIN, SINGLE)]
    good = [one for one in every if one.end not in (*BAD, UNKNOWN)]
    runs = Run.objects.in_bulk([one.run_id for one in good])
    asked = _moved(protocol, good, runs)
    if not asked and len(good) == len(every) and not protocol.books.audit(without_guards=without_guards).hold:
        asked = good
    for one in asked:
        if one.run_id in runs:
            yield one, judge(protocol, runs[one.run_id])


def _moved(protocol: Protocol, tries: Sequence[Try], runs: dict[object, Run]) -> list[Try]:
    ids = [str(one.run_id) for one in tries]
    taken, paid = protocol.books.taken(ids), protocol.books.paid(ids)

    def is_there(one: Try) -> bool:
        amount = runs[one.run_id].amount if one.money == PAID else ZERO
        return taken.get(one.run_id, ZERO) == paid.get(one.run_id, ZERO) == amount

    return [one for one in tries if one.run_id in runs and not is_there(one)]
