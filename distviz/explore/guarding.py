"""For each guard the first failure that needs it: without the guard, failures are tried until one ends badly."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from threading import Event
from typing import Any

from distviz.explore import asked, exploring, telling
from distviz.explore.kinds import Signature, is_bad, of_try
from distviz.explore.models import Exploration
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
    """What is done in another place as well is taken out together with that, if nothing is found without. Then only
    what is not bad without the others alone counts."""
    for protocol in protocols:
        search = Search(protocol, seconds, say, interrupted)
        for guard in protocol.guards:
            found = _needed(protocol, guard, search.first(guard.key, pairs=guard.second))
            if not found.failure and guard.beside and not interrupted.is_set():
                anyway = search.all_bad(*guard.beside)
                found = _needed(protocol, guard, search.first(guard.key, *guard.beside, but_for=anyway), anyway)
            yield found


@dataclass(frozen=True)
class Search:
    """Explorations of one protocol, each with a second withdrawal as well."""

    protocol: Protocol
    seconds: float
    say: Callable[[str], None]
    interrupted: Event

    def first(self, *without: str, pairs: bool = False, but_for: Collection[Signature] = ()) -> Exploration:
        """No further than the first bad end."""
        return self._explore(without, pairs=pairs, until_bad=True, but_for=but_for)

    def all_bad(self, *without: str) -> set[Signature]:
        """Whatever is bad without these."""
        return {of_try(one) for one in self._explore(without).tries.all() if is_bad(one)}

    def _explore(self, without: tuple[str, ...], *, pairs: bool = False, **until: Any) -> Exploration:
        given = {"protocol": self.protocol.key, "without": without, "seconds": self.seconds}
        wanted = asked.check(**given, pairs=pairs, rivals=True)
        return exploring.carry_out(exploring.begin(wanted, anew=True), wanted, self.say, self.interrupted, **until)


def _needed(protocol: Protocol, guard: Guard, exploration: Exploration, but_for: Collection[Signature] = ()) -> Needed:
    tries = list(exploration.tries.all())
    bad = next((one for one in tries if is_bad(one, but_for)), None)
    return Needed(
        protocol.key,
        guard.key,
        guard.where,
        tuple(exploration.without),
        failure=telling.done(bad) if bad else "",
        end=bad.end if bad else "",
        says=telling.sentence(bad) if bad else "",
        runs=len(tries),
        seconds=round(exploration.spent_s, 1),
        exploration=str(exploration.pk),
    )
