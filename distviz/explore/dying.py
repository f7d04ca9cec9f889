"""Where the point of no return of one run is: the same withdrawal once more for each point that it passed, with its own
failures and guards, and there everything dies. Each is a real run, and the databases are asked."""

from typing import Any
from uuid import UUID

from distviz.errors import NotNow
from distviz.explore.asked import ExplorationAsked, check
from distviz.explore.exploring import Sitting
from distviz.explore.failures import Failure
from distviz.explore.kinds import DIES, FIRST, PLAIN
from distviz.explore.running import Like, Runner
from distviz.explore.under_way import Wanted
from distviz.runs import acting, lookup
from distviz.trace import faults
from distviz.trace.faults import FaultSpec
from distviz.trace.models import Run


def asked_of(run_id: UUID | str, **given: Any) -> ExplorationAsked:
    """What is asked for. Raises NotFound, NotNow while the run is open, BadRequest as `check`."""
    run = lookup.get(run_id)
    if run.finished_at is None:
        raise NotNow("explore_run_open")
    return check(protocol=run.protocol, run=str(run.pk), without=tuple(acting.without(run)), **given)


class DyingSitting(Sitting):
    """The points are met by a first run like the one that is asked about: that one did not note them."""

    def go(self) -> bool:
        wanted = Run.objects.get(pk=self.asked.run)
        if not self._try([Wanted(FIRST[PLAIN], PLAIN)]):
            return False
        like = self.tries[FIRST[PLAIN]]
        status = Run.objects.values_list("status", flat=True).get(pk=like.run_id)
        if status != wanted.status:
            raise NotNow("explore_other_end", end=status, wanted=wanted.status, run=str(like.run_id))
        deaths = self._deaths(like.met)
        self.exploration.met = [one.at for one in deaths]
        return self._try(Wanted(FIRST[DIES] + place, DIES, (one,)) for place, one in enumerate(deaths))

    def _made_runner(self, note: str) -> Runner:
        run = lookup.get(self.asked.run)
        own = tuple(FaultSpec(one.at, one.do, one.times, one.ms) for one in run.faults.all())
        return Runner(self.protocol, self.asked.at_once, note, Like(run.amount, own, self.asked.without, run.pk))

    def _deaths(self, met: list[str]) -> list[Failure]:
        """The process dies at each attempt, or the message on its way. Of points that are one moment (in a monolith the
        services' own) the path names one."""
        path = {point for step in self.protocol.steps for point, _does in step.points()}
        return [one for point in met if point in path and (one := death(point, self.asked.attempts))]


def death(point: str, attempts: int) -> Failure | None:
    """What it is to die there for good; None where nothing of that kind can be done."""
    does = faults.POINTS.get(point, ())
    if "crash" in does:
        return Failure(point, "crash", attempts)
    return Failure(point, "drop") if "drop" in does else None


def kind_of(asked: ExplorationAsked) -> type[Sitting]:
    return DyingSitting if asked.run else Sitting
