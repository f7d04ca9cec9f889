"""The map: a protocol's path from its first message to its last, each point with what can be done there as a cell, and
how the run ended that tried it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from distviz.explore import ends
from distviz.explore.failures import Failure, at
from distviz.explore.kinds import PAIR, SINGLE, counterexamples
from distviz.explore.models import Try
from protocols.catalogue import Protocol, Step

# The columns. What is done often is done until the message is given up.
DONE = ("decline", "error", "error_often", "delay", "hold", "crash", "crash_often", "drop", "duplicate", "reorder")
NOT_MET = "not_met"  # the run never came to it: nothing was tried


@dataclass(frozen=True)
class Mark:
    """One cell. `tried` is None while it is still to come; `pairs` are the runs that had a second failure as well."""

    failure: Failure
    tried: Try | None
    pairs: int = 0
    bad: int = 0  # of the pairs, those of which neither half is bad by itself

    @property
    def end(self) -> str:
        if self.tried is None:
            return ""
        return self.tried.end if self.tried.fired else NOT_MET


# What it is to die at a point for good: the process at each attempt, or the message on its way.
DIES = ("crash_often", "drop")


@dataclass(frozen=True)
class PointLine:
    """One point; None where nothing of that kind can be done."""

    point: str
    marks: list[Mark | None]

    @property
    def dies(self) -> str:
        """Where the money is at the end if the withdrawal dies right here: `paid`, `nothing`, `back`; `lost`, or "" if
        that is not known."""
        marks = [mark for mark in self.marks if mark and mark.failure.cell[0] in DIES and mark.end not in ("", NOT_MET)]
        if any(mark.end == ends.LOST for mark in marks):
            return ends.LOST
        return marks[0].tried.money if marks and marks[0].tried else ""


@dataclass(frozen=True)
class PathPart:
    """One step or message of the path, with its points. `step` is None for points that belong to none."""

    step: Step | None
    lines: list[PointLine] = field(default_factory=list)


def parts(
    protocol: Protocol, tries: Sequence[Try], met: Sequence[str], attempts: int, first: Failure | None = None
) -> list[PathPart]:
    """What was met, in the order of the path; with `first`, what was tried as a second failure."""
    tried, behind = _by_failure(tries, first)
    smallest = {one.number for one in counterexamples(tries)}
    marks: dict[str, dict[str, Mark]] = defaultdict(dict)
    for one in at(met, attempts):
        after = behind.get(one, ())
        bad = sum(pair.number in smallest for pair in after)
        marks[one.at][one.cell[0]] = Mark(one, tried.get(one), len(after), bad)
    lines = {point: PointLine(point, [cells.get(done) for done in DONE]) for point, cells in marks.items()}
    made = []
    for step in protocol.steps:
        own = [lines.pop(name) for name, _does in step.points() if name in lines]
        if own:
            made.append(PathPart(step, own))
    return [*made, *([PathPart(None, list(lines.values()))] if lines else [])]


def no_return(found: Sequence[PathPart]) -> str:
    """The point of no return: from it on the money is paid, wherever the withdrawal dies. "" if there is none, or if it
    is not known of each point. Compensations come after another beginning."""
    lines = [line for part in found if part.step and not part.step.compensation for line in part.lines]
    dies = [line.dies for line in lines]
    if "" in dies or not dies or dies[-1] != ends.PAID:
        return ""
    first = next(n for n in range(len(dies)) if set(dies[n:]) == {ends.PAID})
    return lines[first].point


def _by_failure(
    tries: Iterable[Try], first: Failure | None
) -> tuple[Mapping[Failure, Try], Mapping[Failure, Sequence[Try]]]:
    """(what each cell shows, the pairs behind it)."""
    tried: dict[Failure, Try] = {}
    behind: dict[Failure, list[Try]] = defaultdict(list)
    for one in tries:
        what = one.what
        if one.kind == SINGLE and first is None:
            tried[what[0]] = one
        elif one.kind == PAIR and first is None:
            for failure in what:
                behind[failure].append(one)
        elif one.kind == PAIR and first in what:
            tried[next(failure for failure in what if failure != first)] = one
    return tried, behind
