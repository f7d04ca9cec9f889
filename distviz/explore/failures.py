"""What can be broken, and in which order it is tried: a function of what was met and of the seed."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from distviz.trace import faults
from distviz.trace.faults import FaultSpec

SHORT_MS = 300  # of a delay; longer ones show nothing more, unless a time-out ends
STUBBORN = ("error", "crash")  # what is tried again is also tried until it is given up


@dataclass(frozen=True, order=True)
class Failure:
    """One failure at one point, so many times."""

    at: str
    do: str
    times: int = 1

    @property
    def spec(self) -> FaultSpec:
        return FaultSpec(self.at, self.do, self.times, SHORT_MS)

    @property
    def cell(self) -> tuple[str, str]:
        """Its place in the map: the row, and the column's point."""
        return f"{self.do}_often" if self.times > 1 else self.do, self.at

    def as_list(self) -> list[Any]:
        return [self.at, self.do, self.times]

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "ms": SHORT_MS}

    def __str__(self) -> str:
        return f"{self.at}:{self.do}" + (f":{self.times}" if self.times > 1 else "")


def at(points: Iterable[str], attempts: int) -> list[Failure]:
    """Every failure at these points. `attempts` is how often a message is tried before it is given up."""
    found = []
    for point in points:
        for do in faults.POINTS.get(point, ()):
            found.append(Failure(point, do))
            if do in STUBBORN:
                found.append(Failure(point, do, attempts))
    return found


def held(points: Iterable[str]) -> list[Failure]:
    """A process that stands still at each of these points that has one."""
    can = (point for point in points if "hold" in faults.POINTS.get(point, ()))
    return [Failure(point, "hold") for point in can if in_a_process(point)]


def copied(points: Sequence[str]) -> list[tuple[Failure, ...]]:
    """The same, and the message that was sent last before that comes twice."""
    found: list[tuple[Failure, ...]] = []
    message = ""
    for point in points:
        if not in_a_process(point):
            message = point
        elif message and "hold" in faults.POINTS.get(point, ()):
            found.append((Failure(point, "hold"), Failure(message, "duplicate")))
    return found


def in_a_process(point: str) -> bool:
    """Not on the way of a message."""
    return not point.startswith("message.")


def seconds(
    first: Failure, met: Sequence[str], plain: Sequence[str], attempts: int, dice: random.Random
) -> Iterator[Failure]:
    """What may go wrong as well once `first` did, in a run that met these points: first what only this run met (what
    made it good, or drove it on), then what came after the point of the failure, then the rest. Each failure has its
    own point: two at one would only be the one that comes first."""
    known, after = set(plain), _after(first.at, met)
    ranks = [
        [point for point in met if point not in known],
        [point for point in after if point in known],
        [point for point in met if point in known and point not in after],
    ]
    for points in ranks:
        found = [one for one in at(points, attempts) if one.at != first.at]
        dice.shuffle(found)
        yield from found


def _after(point: str, met: Sequence[str]) -> list[str]:
    return list(met[met.index(point) + 1 :]) if point in met else list(met)


def smaller(failures: Sequence[Failure]) -> Iterator[list[Failure]]:
    """The same with one failure less, or with one that happens once instead of each time."""
    for number in range(len(failures)):
        if len(failures) > 1:
            yield [*failures[:number], *failures[number + 1 :]]
    for number, one in enumerate(failures):
        if one.times > 1:
            yield [*failures[:number], replace(one, times=1), *failures[number + 1 :]]
