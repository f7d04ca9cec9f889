"""Which answer was right: asked of the finished runs, with the rows of their logs that prove it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from distviz.dashboard.learn.starting import faults_of
from distviz.story.lesson.run_result import Case, RunResult
from distviz.story.lesson.shape import Answer, Scenario
from distviz.story.shapes import EventLike
from distviz.trace.models import Event, Run
from protocols import registry


@dataclass(frozen=True)
class Marked:
    """An answer as it is shown when all is over."""

    answer: Answer
    right: bool
    chosen: bool


@dataclass(frozen=True)
class Evidence:
    """One event that proves it."""

    shot: str
    run_id: UUID
    event: EventLike


@dataclass(frozen=True)
class Reveal:
    """The truth about a lesson's runs. `right` is None if they went a way that the question did not foresee."""

    over: bool
    right: Answer | None
    chosen: Answer | None
    answers: Sequence[Marked]
    evidence: Sequence[Evidence]
    as_usual: bool = False  # the texts explain what happened

    @property
    def hit(self) -> bool:
        return self.right is not None and self.right is self.chosen

    def rows(self, run_id: UUID) -> frozenset[int]:
        return frozenset(one.event.seq for one in self.evidence if one.run_id == run_id)


def fits(scenario: Scenario, runs: Sequence[Run], faults: Mapping[UUID, Iterable[tuple[str, str]]]) -> bool:
    """Whether these are runs of this lesson, and not any others."""
    return len(runs) == len(scenario.shots) and all(
        run.protocol == shot.protocol
        and set(faults.get(run.pk, ())) == {(fault.at, fault.do) for fault in faults_of(shot)}
        for run, shot in zip(runs, scenario.shots, strict=True)
    )


def results(runs: Iterable[Run], events: Mapping[UUID, Sequence[EventLike]]) -> dict[UUID, RunResult]:
    """What became of these runs. The sums are those of the services' own rows, as their protocol finds them."""
    found = {run.pk: run for run in runs}
    taken, paid = _sums(found.values())
    return {
        pk: RunResult(
            run_id=pk,
            status=run.status,
            verdict=run.verdict_now,
            taken=taken.get(pk, Decimal(0)),
            paid=paid.get(pk, Decimal(0)),
            events=events.get(pk, ()),
        )
        for pk, run in found.items()
    }


def _sums(runs: Iterable[Run]) -> tuple[dict[UUID, Decimal], dict[UUID, Decimal]]:
    ids: dict[str, list[str]] = defaultdict(list)
    for run in runs:
        ids[run.protocol].append(str(run.pk))
    taken: dict[UUID, Decimal] = {}
    paid: dict[UUID, Decimal] = {}
    for key, mine in ids.items():
        taken |= registry.get(key).books.taken(mine)
        paid |= registry.get(key).books.paid(mine)
    return taken, paid


def logs(runs: Iterable[Run]) -> dict[UUID, list[Event]]:
    found: dict[UUID, list[Event]] = defaultdict(list)
    for event in Event.objects.filter(run__in=[run.pk for run in runs]).order_by("run_id", "seq"):
        found[event.run_id].append(event)
    return found


def case_of(scenario: Scenario, runs: Sequence[Run], known: Mapping[UUID, RunResult]) -> Case:
    return Case({shot.key: known[run.pk] for shot, run in zip(scenario.shots, runs, strict=True)})


def reveal(scenario: Scenario, case: Case, answer: str = "") -> Reveal:
    """Nothing is given away before all of the runs are over."""
    chosen = next((one for one in scenario.answers if one.key == answer), None)
    right = right_one(scenario, case) if case.over else None
    marked = [Marked(one, one is right, one is chosen) for one in scenario.answers]
    as_usual = right is not None and right.key == scenario.usual
    return Reveal(case.over, right, chosen, marked, _evidence(scenario, case) if case.over else (), as_usual)


def right_one(scenario: Scenario, case: Case) -> Answer | None:
    """The one answer that holds; None if it is not exactly one."""
    holding = [answer for answer in scenario.answers if answer.holds(case)]
    return holding[0] if len(holding) == 1 else None


def _evidence(scenario: Scenario, case: Case) -> list[Evidence]:
    made: dict[tuple[UUID, int], Evidence] = {}
    for proof in scenario.proofs:
        known = case[proof.shot]
        event = known.last(proof.pattern) if proof.last else known.first(proof.pattern)
        if event is not None:
            made.setdefault((known.run_id, event.seq), Evidence(proof.shot, known.run_id, event))
    return list(made.values())
