"""For each guard the first failure that needs it: without the guard, failures are tried until one ends badly."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from threading import Event
from typing import Any

from distviz.explore import asked, exploring, telling
from distviz.explore.ends import BAD
from distviz.trace.guards import Guard
from protocols.catalogue import Protocol


@dataclass(frozen=True)
class Needed:
    """`without`: what was out. `failure` is "" if none of `runs` tries ended badly; else it was found after so many
    runs and `seconds`."""

    protocol: str
    guard: str
    where: str
    without: tuple[str, ...]
    failure: str
    end: str
    says: str
    runs: int
    seconds: float
    exploration: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def line(self) -> str:
        out, found = " + ".join(self.without), self.failure or "nothing found"
        return f"| {self.protocol} | {out} | {found} | {self.end} | {self.runs} | {self.seconds:.1f} |"


def table(
    protocols: list[Protocol], seconds: float, say: Callable[[str], None], interrupted: Event
) -> Iterator[Needed]:
    """What is done in another place as well is taken out together with that, if nothing is found without."""
    for protocol in protocols:
        for guard in protocol.guards:
            found = _first(protocol, guard, (guard.key,), seconds, say, interrupted)
            if not found.failure and guard.beside and not interrupted.is_set():
                found = _first(protocol, guard, (guard.key, *guard.beside), seconds, say, interrupted)
            yield found


def _first(
    protocol: Protocol,
    guard: Guard,
    without: tuple[str, ...],
    seconds: float,
    say: Callable[[str], None],
    interrupted: Event,
) -> Needed:
    wanted = asked.check(protocol=protocol.key, without=without, seconds=seconds, rivals=True)
    sitting = exploring.carry_out(exploring.begin(wanted, anew=True), wanted, say, interrupted, until_bad=True)
    tries = list(sitting.tries.all())
    bad = next((one for one in tries if one.end in BAD), None)
    return Needed(
        protocol.key,
        guard.key,
        guard.where,
        without,
        failure=" ".join(map(str, bad.what)) if bad else "",
        end=bad.end if bad else "",
        says=telling.sentence(bad) if bad else "",
        runs=len(tries),
        seconds=round(sitting.spent_s, 1),
        exploration=str(sitting.pk),
    )
