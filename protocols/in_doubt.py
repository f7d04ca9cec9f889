"""What is in doubt now, under whichever protocol; and what else is prepared in our databases."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from distviz.services import strays
from distviz.services.strays import Stray
from protocols.doubts import Doubt, Doubts
from protocols.registry import PROTOCOLS


@dataclass(frozen=True)
class InDoubt:
    """The oldest first, and which servers did not answer: of those nothing is known."""

    doubts: list[Doubt]
    strays: list[Stray]
    silent: list[str]


def find(min_age: float = 0, run_id: str = "") -> InDoubt:
    found: dict[str, Doubt] = {}
    silent: dict[str, None] = {}
    for key, doubts in _each():
        seen = doubts.find(min_age, run_id)
        silent |= dict.fromkeys(seen.silent)
        # Protocols may share servers: each tells of its own runs; of a run that is gone any may tell.
        found |= {one.tx_id: one for one in seen.doubts if one.run is None or one.run.protocol == key}
    others = strays.FoundStrays([], []) if run_id else strays.find(min_age)
    silent |= dict.fromkeys(others.silent)
    return InDoubt(sorted(found.values(), key=lambda one: -one.age), others.strays, list(silent))


def previewed(one: Doubt) -> Doubt:
    doubts = PROTOCOLS[one.run.protocol].doubts if one.run else None
    return doubts.preview(one) if doubts else one


def count(min_age: float) -> set[str]:
    return {name for _key, doubts in _each() for name in doubts.count(min_age)} | strays.keys(min_age)


def rows() -> list[dict[str, Any]]:
    """Each prepared transaction once. Raises DatabaseError if a server does not answer."""
    found = {(row["server"], row["gid"]): row for _key, doubts in _each() for row in doubts.rows("")}
    return sorted([*found.values(), *strays.rows()], key=lambda row: row["prepared"])


def _each() -> Iterator[tuple[str, Doubts]]:
    return ((key, protocol.doubts) for key, protocol in PROTOCOLS.items() if protocol.doubts)
