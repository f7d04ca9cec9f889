"""What the tries of dying.py say together: how the run ends wherever everything dies, from which point on that is
certain, and at which points money is lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from distviz.explore import ends
from distviz.explore.kinds import DIES
from distviz.explore.models import Exploration, Try

HAPPENS, HAPPENS_NOT = "happens", "happens_not"


@dataclass(frozen=True)
class Death:
    """One point that the run passed, and the run that died there; None while that is still to come."""

    point: str
    tried: Try | None

    @property
    def who(self) -> str:
        """Whose point it is; each message is its own."""
        return self.point if self.point.startswith("message.") else self.point.partition(".")[0]

    @property
    def end(self) -> str:
        """How that run ended; "" also if it never came to the point."""
        return self.tried.end if self.tried and self.tried.fired else ""

    @property
    def happens(self) -> str:
        """Whether the withdrawal has taken place at the end: HAPPENS, HAPPENS_NOT, or "" where that is not known or
        one half of it has."""
        money = self.tried.money if self.tried and self.end else ""
        return {"": "", ends.PAID: HAPPENS}.get(money, HAPPENS_NOT)

    def as_dict(self) -> dict[str, Any]:
        run = str(self.tried.run_id) if self.tried else None
        return {"point": self.point, "end": self.end, "money": self.tried.money if self.tried else "", "run": run}


@dataclass(frozen=True)
class Turning:
    """`deaths` in the order in which the run passes the points."""

    deaths: Sequence[Death]

    @cached_property
    def certain(self) -> Death | None:
        """The point of no return: wherever it dies from here on, the withdrawal has taken place, or wherever it does,
        it has not. None if that depends on the point to the last, or is not known of each."""
        last = self.deaths[-1].happens if self.deaths else ""
        if not last or any(one.end in ("", ends.UNKNOWN) for one in self.deaths):
            return None
        place = next(n for n in range(len(self.deaths)) if {one.happens for one in self.deaths[n:]} == {last})
        before, after = self.deaths[max(place - 1, 0)], self.deaths[place:]
        # What others do at the same time comes between by chance: it is the step itself that decides.
        return next((one for one in after if place and one.who == before.who), after[0])

    @property
    def losing(self) -> list[Death]:
        """Where money is lost, or paid twice."""
        return [one for one in self.deaths if one.end == ends.LOST]

    @property
    def safe(self) -> Death | None:
        """The first point from which on money can no longer be lost; None if none was lost, or at the last one it
        is."""
        lost = [place for place, one in enumerate(self.deaths) if one.end == ends.LOST]
        return self.deaths[lost[-1] + 1] if lost and lost[-1] + 1 < len(self.deaths) else None

    def as_dict(self) -> dict[str, Any]:
        return {
            "points": [one.as_dict() for one in self.deaths],
            "no_return": {"point": self.certain.point, "withdrawal": self.certain.happens} if self.certain else None,
            "loses": [one.point for one in self.losing],
            "safe_from": self.safe.point if self.safe else None,
        }


def of(exploration: Exploration, tries: Sequence[Try]) -> Turning:
    """As far as it has come."""
    found = {one.failures[0][0]: one for one in tries if one.kind == DIES}
    return Turning([Death(point, found.get(point)) for point in exploration.met])
